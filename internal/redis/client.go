package redis

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

const (
	dialTimeout = time.Second            // to a Redis in the same data centre; then it counts as away
	patience    = 100 * time.Millisecond // of a caller who waits for a copy
	skipFor     = time.Second            // after a failure nobody asks for that long
	silence     = 3 * time.Second        // a connection that says nothing for so long is given up
	buffers     = 64 << 10               // of a connection, each way; frames are 8 KB at most
)

// errAway is why a copy was not asked for.
var errAway = errors.New("redis is away")

// Options set what has a good default. The zero value and nil are the default.
type Options struct {
	Logger *slog.Logger             // nil: silent
	Count  func(what string, n int) // counts "bus_sent", "bus_received", "bus_dropped"; nil: nobody counts
}

// Client is this node's door to Redis. Its methods may be called concurrently
// and never fail because Redis is away; Close ends it.
type Client struct {
	opt    rueidis.ClientOption
	where  string // address, for people
	prefix string
	log    *slog.Logger
	count  func(string, int)
	skip   atomic.Int64 // nobody asks before this time, nanoseconds since 1970

	mu     sync.Mutex     // guards conn and closed
	conn   rueidis.Client // nil: never connected
	closed bool
}

// Open reads a URL (redis://[USER:PASSWORD@]HOST:PORT[/DB], rediss:// with TLS,
// unix://) and connects. A Redis that does not answer is no error: away is then
// why, and the bus goes on trying. installation names who shares the copies.
// Errors: Invalid for a URL that is none, a password that is missing or wrong,
// and a Redis that refuses for another reason that waiting does not mend.
func Open(url, installation string, o *Options) (c *Client, away error, err error) {
	opt, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "The Redis URL is not usable").
			WithField("redis.url", "want redis://HOST:PORT, or with a password redis://:PASSWORD@HOST:PORT")
	}
	if o == nil {
		o = &Options{}
	}
	opt.DisableCache, opt.DisableRetry, opt.ForceSingleClient = true, true, len(opt.InitAddress) == 1
	opt.PipelineMultiplex, opt.RingScaleEachConn = -1, 9
	opt.ReadBufferEachConn, opt.WriteBufferEachConn = buffers, buffers
	opt.Dialer.Timeout, opt.ConnWriteTimeout = dialTimeout, silence
	opt.ClientName = "frontdesk"
	c = &Client{opt: opt, where: strings.Join(opt.InitAddress, ", "), prefix: "frontdesk:" + installation + ":", log: o.Logger, count: o.Count}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.count == nil {
		c.count = func(string, int) {}
	}
	_, err = c.connection()
	if err != nil && refused(err) {
		return nil, nil, fault.Wrap(fault.Invalid, err, "Redis cannot be used").WithField("redis.url", c.explain(err))
	}
	return c, err, nil
}

// Where is the address, for messages to people.
func (c *Client) Where() string { return c.where }

// connection returns the connection, making it when there is none yet. Once made
// it mends itself.
func (c *Client) connection() (rueidis.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errAway
	}
	if c.conn == nil {
		conn, err := rueidis.NewClient(c.opt)
		if err != nil {
			return nil, err
		}
		c.conn = conn
	}
	return c.conn, nil
}

// Close ends all connections; what is asked afterwards finds Redis away.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// refused reports whether Redis answered, and said no in a way that lasts.
func refused(err error) bool {
	said, ok := rueidis.IsRedisErr(err)
	return ok && !said.IsLoading() && !said.IsTryAgain() && !said.IsClusterDown() && !strings.HasPrefix(said.Error(), "MASTERDOWN") &&
		!strings.HasPrefix(said.Error(), "ERR max number of clients")
}

// explain says what is wrong and how to mend it. What Redis said goes to the log.
func (c *Client) explain(err error) string {
	said := err.Error()
	switch {
	case strings.Contains(said, "NOAUTH"):
		return "Redis at " + c.where + " wants a password: write redis://:PASSWORD@HOST:PORT"
	case strings.Contains(said, "WRONGPASS"), strings.Contains(said, "invalid password"), strings.Contains(said, "without any password configured"):
		return "Redis at " + c.where + " does not take this user and password"
	case strings.Contains(said, "NOPERM"):
		return "Redis at " + c.where + " does not allow this user what is needed: pub/sub on " + c.prefix + "bus, and keys that begin with " + c.prefix
	case strings.Contains(said, "DB index"), strings.Contains(said, "invalid DB"):
		return "Redis at " + c.where + " has no database of this number"
	}
	return "Redis at " + c.where + " refuses: " + said
}

// ask carries out a command, at most one caller a second while Redis is away.
func (c *Client) ask(ctx context.Context, build func(b rueidis.Builder) rueidis.Completed) (rueidis.RedisResult, error) {
	conn, err := c.asked()
	if err != nil {
		return rueidis.RedisResult{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := conn.Do(ctx, build(conn.B()))
	return r, c.judge(r.NonRedisError())
}

// asked returns the connection unless Redis failed somebody just now.
func (c *Client) asked() (rueidis.Client, error) {
	if time.Now().UnixNano() < c.skip.Load() {
		return nil, errAway
	}
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if conn == nil {
		return nil, errAway // the bus connects
	}
	return conn, nil
}

// judge has the next callers spared when Redis did not answer.
func (c *Client) judge(err error) error {
	if err != nil {
		c.skip.Store(time.Now().Add(skipFor).UnixNano())
	}
	return err
}

// key is a key of a workspace.
func (c *Client) key(ws, kind, rest string) string { return c.prefix + ws + ":" + kind + ":" + rest }
