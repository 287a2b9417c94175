// Package faultproxy is a TCP proxy that breaks connections on demand: it cuts,
// refuses, falls silent, delays, trickles, and lets a tap drop what it likes. It
// stands between the parts of a test bed and knows none of their protocols.
package faultproxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Direction is the way that bytes go.
type Direction int

// Up is from who dialled to the target, Down is back.
const (
	Up Direction = iota
	Down
)

// Tap sees every chunk of one connection in its direction and returns what goes
// on; cut ends the connection after that was written. It is called from two
// goroutines, one a direction.
type Tap func(d Direction, chunk []byte) (forward []byte, cut bool)

// Proxy forwards a listener's connections to a target. The zero faults are none;
// methods may be called at any time from any goroutine.
type Proxy struct {
	listener net.Listener
	target   string
	wg       sync.WaitGroup

	mu      sync.Mutex // guards what follows
	changed *sync.Cond // held or closed changed
	conns   map[*link]struct{}
	held    [2]bool
	refuse  bool
	delay   [2]time.Duration
	pace    [2]int
	tap     func() Tap
	total   int
	closed  bool
}

// Listen starts a proxy to target on a free port of the loopback.
func Listen(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, conns: map[*link]struct{}{}}
	p.changed = sync.NewCond(&p.mu)
	p.wg.Add(1)
	go p.accept()
	return p, nil
}

// Addr is where the proxy listens, HOST:PORT.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Retarget sends connections that come from now on to another address.
func (p *Proxy) Retarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Cut resets every open connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.conns {
		l.reset()
	}
}

// Refuse resets connections as soon as they come, until it is called with false.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = on
}

// Hold stops a direction: connections stay open, or are accepted, and nothing
// passes, not even their end. Both directions held are a black hole, one is a
// half-open connection. With false everything that waited goes on.
func (p *Proxy) Hold(d Direction, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[d] = on
	p.changed.Broadcast()
}

// Delay makes everything of a direction arrive later by so much.
func (p *Proxy) Delay(d Direction, by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay[d] = by
}

// Pace lets so many bytes a second pass on each connection; 0: all.
func (p *Proxy) Pace(d Direction, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pace[d] = bytes
}

// Watch sets what makes a tap for each connection that comes from now on; nil: none.
func (p *Proxy) Watch(tap func() Tap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tap = tap
}

// Open is the number of connections now, Total of all that were accepted.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// Total is the number of all connections that were accepted and not refused.
func (p *Proxy) Total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// Close ends the listener and every connection, and waits for its goroutines.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for l := range p.conns {
		l.reset()
	}
	p.changed.Broadcast()
	p.mu.Unlock()
	err := p.listener.Close()
	p.wg.Wait()
	return err
}

func (p *Proxy) accept() {
	defer p.wg.Done()
	for {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors: somebody may close some
			continue
		}
		p.mu.Lock()
		refuse, target := p.refuse || p.closed, p.target
		p.mu.Unlock()
		if refuse {
			resetConn(c)
			continue
		}
		p.wg.Add(1)
		go p.serve(c, target)
	}
}

func (p *Proxy) serve(in net.Conn, target string) {
	defer p.wg.Done()
	// The target sees the address of who dialled: limits may go by it.
	dialer := net.Dialer{Timeout: 5 * time.Second}
	if from, ok := in.RemoteAddr().(*net.TCPAddr); ok && from.IP.IsLoopback() {
		dialer.LocalAddr = &net.TCPAddr{IP: from.IP}
	}
	out, err := dialer.Dial("tcp", target)
	if err != nil {
		resetConn(in)
		return
	}
	for _, c := range []net.Conn{in, out} {
		if t, ok := c.(*net.TCPConn); ok {
			// Left alone, the kernel would hold megabytes for a reader who does not read.
			_ = t.SetReadBuffer(kernelBuffer)
			_ = t.SetWriteBuffer(kernelBuffer)
		}
	}
	l := &link{p: p, in: in, out: out, gone: make(chan struct{})}
	p.mu.Lock()
	if p.tap != nil {
		l.tap = p.tap()
	}
	p.conns[l] = struct{}{}
	p.total++
	closed := p.closed
	p.mu.Unlock()
	if closed {
		l.reset()
	}
	var ways sync.WaitGroup
	ways.Add(2)
	go func() { defer ways.Done(); l.copy(Up, out, in) }()
	go func() { defer ways.Done(); l.copy(Down, in, out) }()
	ways.Wait()
	l.in.Close()
	l.out.Close()
	p.mu.Lock()
	delete(p.conns, l)
	p.mu.Unlock()
}

// kernelBuffer bounds what the kernel keeps of each direction, in bytes.
const kernelBuffer = 64 << 10

// link is one connection through the proxy.
type link struct {
	p       *Proxy
	in, out net.Conn
	tap     Tap
	once    sync.Once
	gone    chan struct{} // closed by reset
}

func (l *link) reset() {
	l.once.Do(func() {
		close(l.gone)
		resetConn(l.in)
		resetConn(l.out)
		l.p.changed.Broadcast()
	})
}

// resetConn closes with RST, as a process that was killed does for its peers.
func resetConn(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // a connection that is gone already cannot be set, and need not
	}
	c.Close()
}

type chunk struct {
	data []byte
	due  time.Time
}

// copy forwards a direction until its end; a full queue holds the reader back.
func (l *link) copy(d Direction, to, from net.Conn) {
	queue := make(chan chunk, 256)
	go func() {
		defer close(queue)
		for {
			l.p.mu.Lock()
			pace := l.p.pace[d]
			l.p.mu.Unlock()
			size := 16 << 10
			if pace > 0 {
				size = 256 // what waits here the sender takes for read: keep it small
			}
			buf := make([]byte, size)
			n, err := from.Read(buf)
			if n > 0 {
				l.p.mu.Lock()
				delay := l.p.delay[d]
				l.p.mu.Unlock()
				select {
				case queue <- chunk{buf[:n], time.Now().Add(delay)}:
				case <-l.gone:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	// The reader ends with its connection, which reset or serve closes.
	defer func() {
		for range queue {
		}
	}()
	for c := range queue {
		if !l.wait(time.Until(c.due)) || !l.free(d) {
			l.reset()
			return
		}
		data, cut := c.data, false
		if l.tap != nil {
			data, cut = l.tap(d, data)
		}
		if err := l.write(d, to, data); err != nil || cut {
			l.reset()
			return
		}
	}
	if !l.free(d) {
		return
	}
	// The end of one direction is passed on; the other may go on.
	if t, ok := to.(*net.TCPConn); ok {
		if err := t.CloseWrite(); err != nil && !errors.Is(err, net.ErrClosed) {
			l.reset()
		}
	}
}

// write writes as fast as the pace of the direction allows.
func (l *link) write(d Direction, to io.Writer, data []byte) error {
	for len(data) > 0 {
		l.p.mu.Lock()
		pace := l.p.pace[d]
		l.p.mu.Unlock()
		n := len(data)
		if pace > 0 {
			// A tenth of a second's worth at a time, at least one byte.
			n = min(n, max(pace/10, 1))
			if !l.wait(time.Second * time.Duration(n) / time.Duration(pace)) {
				return net.ErrClosed
			}
		}
		if _, err := to.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// wait waits, and reports whether the connection is still wanted.
func (l *link) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.gone:
		return false
	}
}

// free waits while the direction is held, and reports whether the connection is
// still wanted.
func (l *link) free(d Direction) bool {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	for {
		select {
		case <-l.gone:
			return false
		default:
		}
		if !l.p.held[d] || l.p.closed {
			return !l.p.closed
		}
		l.p.changed.Wait()
	}
}
