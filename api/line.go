package api

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// line is a socket's connection as the WebSocket library sees it. It lends the
// library a read buffer only while there is something to read, and gathers what
// the library writes, so that several frames leave in one system call.
type line struct {
	net.Conn
	pool *pools
	raw  syscall.RawConn // nil when the connection is not plain TCP
	in   bufio.Reader    // the library reads from it; without a buffer while lent is nil

	lent *bufio.Reader // whose buffer in uses

	mu     sync.Mutex // guards what follows
	held   *[]byte    // gathers writes; nil: they go out at once
	broken error      // of a write: half a frame may have gone out, so nothing may follow
}

// pools are what all sockets of a server lend each other, because few are busy at once.
type pools struct {
	readers sync.Pool // *bufio.Reader
	writers sync.Pool // *[]byte
	bodies  sync.Pool // *bytes.Buffer, each holds a frame while it is carried out
}

func newPools() *pools {
	return &pools{
		readers: sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }},
		writers: sync.Pool{New: func() any { return new([]byte) }},
		bodies:  sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
}

// maxKept is the longest buffer that is kept for another line.
const maxKept = 64 << 10

// takeOver makes a line of a hijacked connection.
func takeOver(conn net.Conn, pool *pools) *line {
	l := &line{Conn: conn, pool: pool}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
	l.lend()
	return l
}

// wait blocks until there is something to read, which may be the end. It needs so
// little stack that the goroutine of an idle socket stays at the smallest size.
func (l *line) wait() error {
	if l.raw == nil {
		return nil // the library's read waits instead
	}
	return l.raw.Read(pending)
}

// lend gives the library a buffer to read through.
func (l *line) lend() {
	if l.lent == nil {
		l.lent = l.pool.readers.Get().(*bufio.Reader)
		l.lent.Reset(l.Conn)
		l.in = *l.lent
	}
}

// release takes the buffer back unless something in it was not read yet.
func (l *line) release() bool {
	if l.in.Buffered() > 0 {
		return false
	}
	lent := l.lent
	l.lent, l.in = nil, bufio.Reader{}
	lent.Reset(nil)
	l.pool.readers.Put(lent)
	return true
}

// hold has the line gather what is written.
func (l *line) hold() {
	buf := l.pool.writers.Get().(*[]byte)
	l.mu.Lock()
	l.held = buf
	l.mu.Unlock()
}

// flush sends what was gathered.
func (l *line) flush(deadline time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	buf := l.held
	l.held = nil
	if l.broken == nil {
		l.broken = l.Conn.SetWriteDeadline(deadline)
	}
	if l.broken == nil {
		_, l.broken = l.Conn.Write(*buf)
	}
	if cap(*buf) <= maxKept {
		*buf = (*buf)[:0]
		l.pool.writers.Put(buf)
	}
	return l.broken
}

// Write gathers or sends. Answers of the library to control frames come from the
// reader while the writer may be gathering.
func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return 0, l.broken
	}
	if l.held != nil {
		*l.held = append(*l.held, p...)
		return len(p), nil
	}
	n, err := l.Conn.Write(p)
	l.broken = err
	return n, err
}

// SetWriteDeadline sets the deadline of writes; flush has its own.
func (l *line) SetWriteDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held != nil {
		return nil
	}
	return l.Conn.SetWriteDeadline(t)
}

// hijacker hands the upgrader a line in place of the server's connection.
type hijacker struct {
	http.ResponseWriter
	pool *pools
	line *line // nil before the upgrade
}

// Hijack takes the connection over. What the client sent ahead of the handshake's
// answer is left in the server's buffer, which makes the upgrader refuse it.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.ResponseWriter.(http.Hijacker).Hijack()
	if err != nil || rw.Reader.Buffered() > 0 {
		return conn, rw, err
	}
	h.line = takeOver(conn, h.pool)
	return h.line, bufio.NewReadWriter(&h.line.in, rw.Writer), nil
}
