package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"reflect"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchCacheCmd struct {
	benchFlags
	Redis     string `help:"Redis that keeps the copies (default: a fresh redis-server on this machine)." placeholder:"URL"`
	Chunks    int    `help:"Documents of one chunk each." default:"1000"`
	Questions int    `help:"Different questions, and as many profiles." default:"500"`
}

// Run asks every question for the first and the second time, and once of a
// server without Redis: the answers must be the same.
func (c *benchCacheCmd) Run(ctx context.Context, s streams) error {
	url := c.Redis
	if url == "" {
		own, stop, err := ownRedis(ctx)
		if err != nil {
			return err
		}
		defer stop()
		url = own
	}
	corpus, bar := load.NewCorpus(c.Seed), newProgress(s.err)
	dir, err := os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	defer os.RemoveAll(dir)
	cfg := frontdesk.Defaults()
	cfg.Storage.Dir, cfg.Log.Level, cfg.Redis.URL = dir, "warn", frontdesk.Secret(url)
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err), frontdesk.WithVersion(fmt.Sprint("bench ", time.Now().UnixNano())))
	if err != nil {
		return err
	}
	for i := range c.Chunks {
		bar.at("documents", i+1, c.Chunks)
		if err := app.AddDocument(ctx, corpus.Document(i)); err != nil {
			return errors.Join(err, app.Close())
		}
	}
	bar.end()
	questions := make([]string, c.Questions)
	for i := range questions {
		questions[i] = corpus.Query()
	}
	first, miss, err := askAll(ctx, app, questions)
	var again []bot.Trace
	var hit, profileMiss, profileHit []float64
	if err == nil {
		again, hit, err = askAll(ctx, app, questions)
	}
	if err == nil {
		profileMiss, profileHit, err = profiles(ctx, app, c.Questions)
	}
	if err := errors.Join(err, app.Close()); err != nil {
		return err
	}
	cfg.Redis.URL = ""
	if app, err = frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err)); err != nil {
		return err
	}
	without, _, err := askAll(ctx, app, questions)
	if err := errors.Join(err, app.Close()); err != nil {
		return err
	}
	different := 0
	for i := range questions {
		if !same(first[i], again[i]) || !same(first[i], without[i]) {
			different++
		}
	}
	return c.print(s.out, "cache", map[string]float64{
		"miss_p50_ms": load.Quantile(miss, .5), "miss_p99_ms": load.Quantile(miss, .99),
		"hit_p50_ms": load.Quantile(hit, .5), "hit_p99_ms": load.Quantile(hit, .99),
		"profile_miss_p99_ms": load.Quantile(profileMiss, .99), "profile_hit_p99_ms": load.Quantile(profileHit, .99),
		"different": float64(different),
	}, map[string]any{"chunks": c.Chunks, "questions": c.Questions})
}

// askAll asks one question after the other and returns the milliseconds of each.
func askAll(ctx context.Context, app *frontdesk.App, questions []string) (out []bot.Trace, ms []float64, err error) {
	for _, q := range questions {
		begun := time.Now()
		tr, err := app.Ask(ctx, bot.Question{Text: q})
		if err != nil {
			return nil, nil, err
		}
		out, ms = append(out, tr), append(ms, float64(time.Since(begun).Microseconds())/1000)
	}
	return out, ms, nil
}

func same(a, b bot.Trace) bool {
	return a.Decision == b.Decision && a.Answer == b.Answer && a.Confidence == b.Confidence &&
		reflect.DeepEqual(a.Candidates, b.Candidates) && reflect.DeepEqual(a.Sources, b.Sources)
}

// profiles looks visitors up for the first and for the second time.
func profiles(ctx context.Context, app *frontdesk.App, n int) (miss, hit []float64, err error) {
	if err := app.AddInbox(ctx, benchInbox, "Bench"); err != nil {
		return nil, nil, err
	}
	visitors := make([]string, n)
	for i := range visitors {
		if visitors[i], err = app.AddVisitor(ctx, benchInbox); err != nil {
			return nil, nil, err
		}
	}
	for _, ms := range []*[]float64{&miss, &hit} {
		for _, v := range visitors {
			begun := time.Now()
			if _, _, _, err := app.Profile(ctx, v); err != nil {
				return nil, nil, err
			}
			*ms = append(*ms, float64(time.Since(begun).Microseconds())/1000)
		}
	}
	return miss, hit, nil
}

// ownRedis starts a redis-server that keeps nothing; stop ends it.
func ownRedis(ctx context.Context) (url string, stop func(), err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, fault.New(fault.Invalid, "There is no redis-server on this machine; name a Redis with --redis redis://HOST:PORT")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fault.Wrap(fault.Unavailable, err, "No port is free")
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", os.TempDir())
	if err := cmd.Start(); err != nil {
		return "", nil, fault.Wrap(fault.Unavailable, err, "redis-server does not start")
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	}
	for range 200 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return "redis://" + address, stop, c.Close()
		}
		time.Sleep(25 * time.Millisecond)
	}
	stop()
	return "", nil, fault.New(fault.Unavailable, "redis-server does not answer")
}
