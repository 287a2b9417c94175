package cluster

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/load"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// clusterFaults are those of several nodes. Those that leave another topology
// behind stand last.
var clusterFaults = []fault{
	{"T-05", "sends through nginx and two nodes", false, manySends},
	{"F-01", "every client is cut for 2 s every 10 s, and comes to any node", true, cutEverybody},
	{"F-03", "kill -9 a node under load", true, killNode},
	{"F-04", "kill -9 each node in turn", false, killInTurn},
	{"F-05", "a node is frozen for 60 s and wakes", false, freezeNode},
	{"F-06", "SIGTERM of a node under load", true, drainNode},
	{"F-07", "kill -9 Redis", true, killRedis},
	{"F-08", "Redis forgets everything", true, flushRedis},
	{"F-09", "Redis accepts and is silent", true, silentRedis},
	{"F-10", "5 % of the bus frames are lost, and the last ones", true, lossyBus},
	{"F-11", "one node is cut off from Redis", true, partitionRedis},
	{"F-15", "the connection ends between COMMIT and its reply", true, cutCommits},
	{"F-18", "one id 50 times at once, over both nodes", true, sameID},
	{"F-19", "one id with another body", false, otherBody},
	{"F-20", "the first message from two tabs, over both nodes", true, twoTabs},
	{"F-21", "a client reads one byte a second", false, slowReader},
	{"F-22", "10,000 sockets reconnect at the same instant", false, bigStorm},
	{"F-23", "kill -9 the node that streams an answer", true, killStreams},
	{"F-24", "an agent takes over while the bot streams on another node", true, takeStreams},
	{"F-26", "agents, visitors and two nodes move chats at random", true, deskRaces},
	{"F-27", "accept at the deadline; two agents take one chat", true, deadlineRaces},
	{"F-28", "an agent's browser or node dies, or the agent sleeps", false, agentsGo},
	{"F-46", "the clock of a node is ten minutes off", false, skewedClock},
	{"F-47", "rolling upgrade to the next version and back, twice", false, rolling},
	{"F-12", "Postgres restarts at once", true, restartPostgres},
	{"F-16", "Postgres has a full disk", false, fullDisk},
	{"F-13", "the primary dies, the synchronous standby takes over", true, failOver},
	{"F-14", "the same with a standby that is behind", false, failOverBehind},
}

// manySends measures durable sends through nginx, at full rate and at 500 a second.
// manySends measures the product and not the bed: there is no proxy on any line, and
// nobody connected but the agents and two sockets of each visitor, one that sends and
// one that reads.
func manySends(t *testing.T, b *bed, _ *people, r *result) {
	bare := startCluster(t, b.full, clusterOptions{nodes: 2, share: b, bare: true})
	p := bare.seat(t, size(b, 60, 500), size(b, 4, 20), false)
	for _, a := range p.agents {
		p.join(a)
	}
	var seats []load.Seat
	for _, s := range p.seats {
		seats = append(seats, load.Seat{Token: s.visitor.Token(), Conversation: s.conversation})
	}
	for _, rate := range []float64{500, 1500} {
		rep, err := load.Sends(t.Context(), load.SendsPlan{Base: bare.door(0), Seats: seats, Rate: rate, Seconds: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		perS := float64(len(rep.AckMS)) / rep.Seconds
		ack, deliver := load.Quantile(rep.AckMS, .99), load.Quantile(rep.DeliverMS, .99)
		r.note(fmt.Sprintf("at %.0f/s", rate), "%.0f/s acknowledged, ack p50 %.1f ms, p99 %.1f ms, commit to recipient p99 %.1f ms", perS, load.Quantile(rep.AckMS, .5), ack, deliver)
		r.Sends += len(rep.AckMS)
		r.Lost += rep.Lost
		r.Doubled += rep.Doubled
		if rep.Lost+rep.Doubled+rep.Gaps+rep.Refused > 0 {
			t.Errorf("%d lost, %d doubled, %d gaps, %d refused", rep.Lost, rep.Doubled, rep.Gaps, rep.Refused)
		}
		if rate == 500 && (ack > 25 || deliver > 40) {
			t.Errorf("at 500/s p99 ack is %.1f ms (bar 25), commit to recipient %.1f ms (bar 40)", ack, deliver)
		}
		// A rate that is not kept up shows as a wait that grows all the time.
		if half := load.Quantile(rep.AckMS, .5); rate == 1500 && (perS < 1490 || half > 1000) {
			t.Errorf("%.0f sends a second were acknowledged, half of them after %.0f ms; the bar is 1,500, kept up", perS, half)
		}
	}
}

func killNode(t *testing.T, b *bed, p *people, r *result) {
	crowd := b.gather(t, p, size(b, 300, 2000))
	defer crowd.leave(p)
	n := b.nodes[0]
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		at := e.log.Now()
		n.proc.kill()
		e.wait(size(b, 6*time.Second, 15*time.Second))
		took, never := history.Recovery(e.clients, at)
		r.note("cut off", "%d of %d sockets", took.Count+len(never), len(e.clients))
		r.note("synced after the kill", "p50 %s, p99 %s, worst %s", ms(took.P50), ms(took.P99), ms(took.Worst))
		if len(never) > 0 {
			t.Errorf("%d clients are not back", len(never))
		}
		within(t, "p99 from the kill to synced", took.P99, 3*time.Second)
		n.start(t)
	})
	r.clean(t)
	if r.Resumes.Snapshot > 0 {
		t.Errorf("%d conversations were reloaded", r.Resumes.Snapshot)
	}
}

func killInTurn(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for i := range size(b, 3, 15) {
			n := b.nodes[i%len(b.nodes)]
			n.proc.kill()
			e.wait(3 * time.Second)
			n.start(t)
			e.wait(16 * time.Second)
		}
	})
	r.clean(t)
}

func freezeNode(t *testing.T, b *bed, p *people, r *result) {
	n := b.nodes[1]
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		at := e.log.Now()
		n.proc.signal(syscall.SIGSTOP)
		e.wait(60 * time.Second)
		took, never := history.Recovery(e.clients, at)
		n.proc.signal(syscall.SIGCONT)
		r.note("moved", "%d clients, p99 %s, worst %s after the freeze", took.Count, ms(took.P99), ms(took.Worst))
		if len(never) > 0 {
			t.Errorf("%d clients had not moved when the node woke", len(never))
		}
		within(t, "the time until all clients have moved", took.Worst, 40*time.Second)
		e.wait(10 * time.Second)
	})
	r.clean(t)
}

func drainNode(t *testing.T, b *bed, p *people, r *result) {
	crowd := b.gather(t, p, size(b, 400, 10_000))
	defer crowd.leave(p)
	n := b.nodes[0]
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		at := time.Now()
		n.proc.signal(syscall.SIGTERM)
		if !n.proc.ended(40 * time.Second) {
			t.Error("the node is still there 40 s after SIGTERM")
			n.proc.kill()
		}
		took := time.Since(at)
		r.note("gone after", "%s", ms(took))
		within(t, "the time from SIGTERM to the exit", took, 25*time.Second)
		e.wait(3 * time.Second)
		n.start(t)
	})
	r.clean(t)
	r.note("sent away", "%d sockets", r.Away.Count)
	within(t, "p99 of the gap", r.Away.P99, 1500*time.Millisecond)
}

func killRedis(t *testing.T, b *bed, p *people, r *result) {
	var back time.Duration
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		b.redis.kill()
		e.wait(size(b, 8*time.Second, time.Minute))
		b.startRedis()
		back = e.log.Now()
		e.wait(6 * time.Second)
	})
	r.clean(t)
	r.note("deliver", "p99 %s, worst %s, over the whole time", ms(r.Deliver.P99), ms(r.Deliver.Worst))
	within(t, "p99 of delivery while Redis is gone", r.Deliver.P99, 400*time.Millisecond)
	within(t, "p99 of delivery from 2 s after its return", lagAfter(r.clients, back+2*time.Second).P99, 150*time.Millisecond)
	for _, n := range b.nodes {
		if !n.proc.alive() {
			t.Errorf("node %s ended", n.name)
		}
	}
}

// lagAfter sums up the lags of live events after a time.
func lagAfter(clients []*history.Client, after time.Duration) history.Spread {
	var lags []time.Duration
	for _, c := range clients {
		for _, op := range c.Ops() {
			if op.Kind == history.Receive && op.Way == history.Live && op.At > after {
				lags = append(lags, op.Lag)
			}
		}
	}
	return history.NewSpread(lags)
}

func flushRedis(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for range size(b, 3, 10) {
			e.wait(2 * time.Second)
			if got := b.redisSays("FLUSHALL"); got != "+OK" {
				t.Errorf("FLUSHALL: %s", got)
			}
		}
		for _, a := range p.agents {
			if status, err := a.Get(t.Context(), "/sessions/current", nil); err != nil {
				t.Errorf("an agent is signed out: status %d, %v", status, err)
			}
		}
	})
	r.clean(t)
	if r.Away.Count > 0 {
		t.Errorf("%d sockets were closed", r.Away.Count)
	}
}

func silentRedis(t *testing.T, b *bed, p *people, r *result) {
	var from, to time.Duration
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		if got := b.redisSays("CLIENT PAUSE 10000 ALL"); got != "+OK" {
			t.Errorf("CLIENT PAUSE: %s", got)
		}
		from = e.log.Now() + 3*time.Second       // to notice
		to = e.log.Now() + 9500*time.Millisecond // before the bus takes over again
		e.wait(15 * time.Second)
	})
	r.clean(t)
	polled := lagBetween(r.clients, from, to)
	r.note("deliver while silent, once noticed", "p99 %s", ms(polled.P99))
	within(t, "p99 of delivery once the silence is noticed", polled.P99, 400*time.Millisecond)
	within(t, "worst delivery", r.Deliver.Worst, 4*time.Second)
}

func lagBetween(clients []*history.Client, from, to time.Duration) history.Spread {
	var lags []time.Duration
	for _, c := range clients {
		for _, op := range c.Ops() {
			// Events that were made in the window, so that what waited before it does not count.
			if op.Kind == history.Receive && op.Way == history.Live && op.At-op.Lag > from && op.At < to {
				lags = append(lags, op.Lag)
			}
		}
	}
	return history.NewSpread(lags)
}

func lossyBus(t *testing.T, b *bed, p *people, r *result) {
	loss := newLoss()
	for _, x := range b.toRedis {
		x.Watch(loss.tap)
		x.Cut()
	}
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(3 * time.Second) // subscribed again
		loss.rate(.05)
		e.wait(size(b, 15*time.Second, time.Minute))
		loss.rate(1) // nothing follows the last frames of all
		e.wait(1200 * time.Millisecond)
	})
	loss.rate(0)
	for _, x := range b.toRedis {
		x.Watch(nil)
		x.Cut()
	}
	r.clean(t)
	gaps := 0.0
	for _, n := range b.nodes {
		gaps += n.metric("frontdesk_gap_fills_total")
	}
	r.note("bus frames lost", "%d of %d", loss.dropped(), loss.passed()+loss.dropped())
	r.note("gap fills", "%.0f", gaps)
	r.note("delivery", "p99 %s, worst %s", ms(r.Deliver.P99), ms(r.Deliver.Worst))
	if loss.dropped() == 0 {
		t.Error("no frame was lost: the proxy does not understand the bus")
	}
	within(t, "the worst delivery", r.Deliver.Worst, 2500*time.Millisecond)
}

func partitionRedis(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		x := b.toRedis[0]
		x.Hold(faultproxy.Up, true)
		x.Hold(faultproxy.Down, true)
		e.wait(size(b, 10*time.Second, 30*time.Second))
		x.Hold(faultproxy.Up, false)
		x.Hold(faultproxy.Down, false)
		e.wait(5 * time.Second)
	})
	r.clean(t)
	r.note("delivery", "p99 %s, worst %s", ms(r.Deliver.P99), ms(r.Deliver.Worst))
	within(t, "worst delivery", r.Deliver.Worst, 4*time.Second)
}

func restartPostgres(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(2 * time.Second)
		if err := b.primary.Kill(); err != nil {
			t.Fatal(err)
		}
		e.wait(3 * time.Second)
		if err := b.primary.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := e.log.Now()
		took := firstAckAfter(e, at, 30*time.Second)
		r.note("first send after it accepts", "%s", ms(took))
		within(t, "service after Postgres accepts connections", took, 5*time.Second)
		e.wait(3 * time.Second)
	})
	r.clean(t)
	if r.Away.Count > len(p.everybody())/10 {
		t.Errorf("%d sockets were closed while Postgres was away", r.Away.Count)
	}
}

// firstAckAfter waits for the first acknowledgement after a time.
func firstAckAfter(e *episode, at, limit time.Duration) time.Duration {
	var first time.Duration
	until(limit, func() bool {
		for _, c := range e.clients {
			for _, op := range c.Ops() {
				if op.Kind == history.OK && op.At > at && (first == 0 || op.At < first) {
					first = op.At
				}
			}
		}
		return first > 0
	})
	if first == 0 {
		return limit
	}
	return first - at
}

func failOver(t *testing.T, b *bed, p *people, r *result) {
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		e.wait(3 * time.Second)
		if err := b.primary.Kill(); err != nil {
			t.Fatal(err)
		}
		e.wait(2 * time.Second)
		if err := b.standby.Promote(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := e.log.Now()
		took := firstAckAfter(e, at, 60*time.Second)
		r.note("first send after promotion", "%s", ms(took))
		within(t, "service after promotion", took, 15*time.Second)
		e.wait(5 * time.Second)
		b.primary, b.standby = b.standby, nil
	})
	r.clean(t)
}

// failOverBehind promotes a standby that has not got the last two seconds: what
// was acknowledged in them is gone, and those who said it offer it again.
func failOverBehind(t *testing.T, b *bed, p *people, r *result) {
	if b.standby == nil {
		b.follow(t.Context(), t, false)
		for _, x := range b.toStandby {
			x.Retarget(loopback(b.standby.Port))
		}
		for _, x := range b.toPrimary {
			x.Retarget(loopback(b.primary.Port))
		}
	}
	line := proxy(t, loopback(b.primary.Port))
	for _, q := range []string{
		fmt.Sprintf("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=%s user=postgres application_name=behind'", line.Addr()[len("127.0.0.1:"):]),
		"SELECT pg_reload_conf()",
	} {
		if err := b.standby.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if !until(20*time.Second, func() bool { return line.Open() > 0 }) {
		t.Fatal("the standby does not follow through the proxy")
	}
	out := b.play(t, p, b.rate(), func(e *episode) {
		e.wait(3 * time.Second)
		line.Hold(faultproxy.Down, true)
		e.wait(2 * time.Second)
		if err := b.primary.Kill(); err != nil {
			t.Fatal(err)
		}
		line.Cut()
		if err := b.standby.Promote(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := e.log.Now()
		took := firstAckAfter(e, at, 60*time.Second)
		r.note("first send after promotion", "%s", ms(took))
		within(t, "service after promotion", took, 15*time.Second)
		e.wait(10 * time.Second)
		b.primary, b.standby = b.standby, nil
	})
	// What counts is that every message whose sender is connected is there once in the
	// end: readers saw numbers that were taken back, so their order is another one.
	r.outcome = out
	for _, x := range out.Examples {
		t.Log(x)
	}
	r.Lost, r.Doubled = out.Unstored, out.StoredTwice
	r.Disordered, r.Gaps = 0, out.Gaps
	if r.Lost > 0 || r.Doubled > 0 || r.Gaps > 0 {
		t.Errorf("%d acknowledged sends are gone, %d are stored twice, %d gaps", r.Lost, r.Doubled, r.Gaps)
	}
}

// cutCommits breaks connections to Postgres where the commit has arrived and its
// reply has not.
func cutCommits(t *testing.T, b *bed, p *people, r *result) {
	cuts := newCommitCuts(size(b, 100, 1000))
	for _, x := range b.toPrimary {
		x.Watch(cuts.tap)
		x.Cut()
	}
	r.outcome = b.play(t, p, b.rate(), func(e *episode) {
		for !cuts.done() && time.Since(e.started) < size(b, 30*time.Second, 6*time.Minute) {
			e.wait(100 * time.Millisecond)
		}
	})
	for _, x := range b.toPrimary {
		x.Watch(nil)
		x.Cut()
	}
	r.clean(t)
	r.note("commits without a reply", "%d", cuts.count())
	if !cuts.done() {
		t.Errorf("only %d commits were cut off from their reply", cuts.count())
	}
}

// bigStorm is storm with 10,000 sockets over both nodes.
func bigStorm(t *testing.T, b *bed, p *people, r *result) {
	crowd := b.gather(t, p, size(b, 1000, 10_000))
	defer crowd.leave(p)
	r.outcome = b.play(t, p, 20, func(e *episode) {
		at := e.log.Now()
		b.cut(crowd)
		everybody := len(p.everybody())
		if !until(2*time.Minute, func() bool { return p.online() == everybody }) {
			t.Errorf("%d of %d are back after two minutes", p.online(), everybody)
		}
		took, never := history.Recovery(e.clients, at)
		r.note("sockets", "%d", everybody)
		r.note("all synced after", "%s, p99 %s", ms(took.Worst), ms(took.P99))
		if len(never) > 0 {
			t.Errorf("%d were never up to date again", len(never))
		}
		within(t, "the time until all are synced", took.Worst, 10*time.Second)
		e.wait(2 * time.Second)
	})
	r.clean(t)
}

// fullDisk fills the filesystem of a Postgres of its own.
func fullDisk(t *testing.T, _ *bed, _ *people, r *result) {
	if os.Geteuid() != 0 {
		testenv.Absent(t, "a small filesystem can be mounted by root only")
	}
	b := startCluster(t, false, clusterOptions{nodes: 1, small: true})
	p := b.populate(t, 40, 4)
	r.outcome = b.play(t, p, 40, func(e *episode) {
		e.wait(2 * time.Second)
		fill := b.fill(t)
		e.wait(8 * time.Second)
		v := p.seats[0].visitor
		status, err := v.Get(t.Context(), "/visitor/conversations", nil)
		if err != nil {
			t.Errorf("reads do not work on a full disk: status %d, %v", status, err)
		}
		// Pages that are there have room for a little more.
		refused := 0
		for range 200 {
			refused, err = v.Post(t.Context(), "/visitor/messages", map[string]any{"id": newID(), "conversation": p.seats[0].conversation, "text": longText()}, nil)
			if err != nil {
				break
			}
		}
		r.note("a send meets", "status %d", refused)
		if err == nil || refused < 500 {
			t.Errorf("sends on a full disk are answered with status %d, %v", refused, err)
		}
		if err := os.Remove(fill); err != nil {
			t.Fatal(err)
		}
		at := e.log.Now()
		took := firstAckAfter(e, at, 60*time.Second)
		r.note("service after there is room", "%s", ms(took))
		e.wait(3 * time.Second)
	})
	r.clean(t)
}

func longText() string {
	b := make([]byte, 3500)
	for i := range b {
		b[i] = 'a' + byte(rand.IntN(26))
	}
	return string(b)
}
