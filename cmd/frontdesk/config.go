package main

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"

	"github.com/frontdesk-chat/frontdesk"
)

// configFlags are the flags that every command with a store understands; each
// overrides the configuration file and the environment.
type configFlags struct {
	Config         string `help:"Configuration file (YAML)." placeholder:"FILE"`
	Data           string `help:"Data folder of the embedded store (default: data)." placeholder:"DIR"`
	Postgres       string `help:"PostgreSQL 15 or newer with pgvector, instead of the embedded store; better set FRONTDESK_STORAGE_POSTGRES when it has a password." placeholder:"DSN"`
	Redis          string `help:"Redis or Valkey that nodes share, redis://HOST:PORT; a password is better kept in FRONTDESK_REDIS_URL." placeholder:"URL"`
	LLMURL         string `arg:"--llm-url" help:"OpenAI-compatible endpoint that writes answers; its key comes from FRONTDESK_LLM_KEY." placeholder:"URL"`
	LLMModel       string `arg:"--llm-model" help:"Model at that endpoint." placeholder:"NAME"`
	EmbeddingURL   string `arg:"--embedding-url" help:"OpenAI-compatible embedding endpoint instead of the built-in model." placeholder:"URL"`
	EmbeddingModel string `arg:"--embedding-model" help:"Model at that endpoint." placeholder:"NAME"`
	LogLevel       string `arg:"--log-level" help:"debug, info, warn or error." placeholder:"LEVEL"`
}

// load reads the configuration with these flags on top, and more keys of a command.
func (f configFlags) load(environ []string, more map[string]any) (frontdesk.Config, error) {
	flags := map[string]any{}
	set := func(key, value string) {
		if value != "" {
			flags[key] = value
		}
	}
	set("storage.dir", f.Data)
	set("storage.postgres", f.Postgres)
	set("redis.url", f.Redis)
	set("llm.url", f.LLMURL)
	set("llm.model", f.LLMModel)
	set("embedding.url", f.EmbeddingURL)
	set("embedding.model", f.EmbeddingModel)
	set("log.level", f.LogLevel)
	for k, v := range more {
		flags[k] = v
	}
	return frontdesk.LoadConfig(f.Config, environ, flags)
}

type checkConfigCmd struct {
	configFlags
	Print bool `help:"Print every key with its value."`
}

func (c *checkConfigCmd) Help() string {
	return "Example:\n  frontdesk check-config --config frontdesk.yaml --print"
}

// Run loads the configuration as serve would and reports all problems together.
func (c *checkConfigCmd) Run(_ context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if c.Print {
		for _, line := range keys("", reflect.ValueOf(cfg)) {
			fmt.Fprintln(s.out, line)
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "The configuration is fine.")
	return nil
}

// keys lists "key: value" of every leaf; secrets print as redacted.
func keys(prefix string, v reflect.Value) []string {
	var out []string
	for i := range v.NumField() {
		name := prefix + v.Type().Field(i).Tag.Get("koanf")
		if v.Field(i).Kind() == reflect.Struct {
			out = append(out, keys(name+".", v.Field(i))...)
			continue
		}
		out = append(out, fmt.Sprintf("%s: %v", name, v.Field(i).Interface()))
	}
	sort.Strings(out)
	return out
}

type versionCmd struct{}

// Run prints the version, the Go release and the platform.
func (versionCmd) Run(_ context.Context, s streams) error {
	fmt.Fprintf(s.out, "frontdesk %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// version is the module version of a release, or the commit of a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + strings.ToLower(s.Value[:12])
		}
	}
	return "devel"
}
