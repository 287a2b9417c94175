package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// wire is a socket that speaks Centrifugo's client protocol in JSON: one object a
// line, several lines a frame; an empty object is a ping and its answer.
type wire struct {
	conn *websocket.Conn
	done chan struct{} // closed when stream has ended
	last atomic.Uint32 // number of the last command
	mu   sync.Mutex    // guards writes
}

// reply is what the server says, as far as it is read.
type reply struct {
	ID    uint32 `json:"id"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Subscribe *struct {
		Epoch        string        `json:"epoch"`
		Offset       uint64        `json:"offset"`
		Publications []publication `json:"publications"`
	} `json:"subscribe"`
	Push struct {
		Channel string       `json:"channel"`
		Pub     *publication `json:"pub"`
	} `json:"push"`
}

type publication struct {
	Offset uint64 `json:"offset"`
	Data   struct {
		Text string `json:"text"`
	} `json:"data"`
}

// wait bounds handshakes and writes; it is the SDKs' timeout of a command, too.
const wait = 5 * time.Second

func dialWire(ctx context.Context, base string, dialer *websocket.Dialer) (*wire, error) {
	conn, res, err := dialer.DialContext(ctx, strings.Replace(base, "http", "ws", 1)+"/connection/websocket", nil)
	if err != nil {
		if res != nil {
			res.Body.Close()
			err = fmt.Errorf("status %d: %w", res.StatusCode, err)
		}
		return nil, err
	}
	return &wire{conn: conn, done: make(chan struct{})}, nil
}

// command sends a command under the next number and returns that.
func (w *wire) command(method string, params any) (uint32, error) {
	id := w.last.Add(1)
	return id, w.send(id, method, params)
}

func (w *wire) send(id uint32, method string, params any) error {
	return w.write(map[string]any{"id": id, method: params})
}

func (w *wire) write(v any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.conn.SetWriteDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	return w.conn.WriteJSON(v)
}

// stream hands over every line until the socket ends and answers pings. Lines are
// valid during the call.
func (w *wire) stream(handle func(line []byte)) {
	defer close(w.done)
	defer w.conn.Close()
	var buf bytes.Buffer
	for {
		_, r, err := w.conn.NextReader()
		if err != nil {
			return
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil {
			return
		}
		for line := range bytes.Lines(buf.Bytes()) {
			line = bytes.TrimRight(line, "\n")
			if string(line) != "{}" {
				handle(line)
				continue
			}
			if err := w.write(struct{}{}); err != nil {
				return
			}
		}
	}
}

// Done implements load.Voice.
func (w *wire) Done() <-chan struct{} { return w.done }

// Close implements load.Voice.
func (w *wire) Close() error { return w.conn.Close() }

// channelVoice publishes into one channel.
type channelVoice struct {
	*wire
	channel string
}

// Say implements load.Voice for a socket that has joined one channel.
func (v channelVoice) Say(words string) error {
	_, err := v.command("publish", map[string]any{"channel": v.channel, "data": map[string]string{"text": words}})
	return err
}

// join connects, subscribes to a channel unless it is "", and returns when that is
// done. Lines that follow go to handle.
func join(ctx context.Context, base, channel string, dialer *websocket.Dialer, handle func(line []byte)) (channelVoice, error) {
	w, err := dialWire(ctx, base, dialer)
	if err != nil {
		return channelVoice{}, err
	}
	until, err := w.command("connect", struct{}{})
	if err == nil && channel != "" {
		until, err = w.command("subscribe", map[string]any{"channel": channel})
	}
	if err != nil {
		w.Close()
		return channelVoice{}, err
	}
	joined := make(chan error, 1)
	in := false
	go w.stream(func(line []byte) {
		if in {
			handle(line)
			return
		}
		var r reply
		err := json.Unmarshal(line, &r)
		if err == nil && r.Error != nil {
			err = fmt.Errorf("command %d: error %d, %s", r.ID, r.Error.Code, r.Error.Message)
		}
		if err != nil || r.ID == until {
			in = true
			joined <- err
		}
	})
	select {
	case err = <-joined:
	case <-w.done:
		err = fmt.Errorf("the socket ended before it had joined")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		w.Close()
	}
	return channelVoice{w, channel}, err
}
