package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Frames from clients. Unknown keys are refused.
type (
	helloFrame struct {
		Type          string       `json:"type"`
		Token         string       `json:"token"`
		CSRF          string       `json:"csrf"`
		Language      string       `json:"language"`
		Conversations []cursorWire `json:"conversations"`
		Feed          bool         `json:"feed"`
	}
	cursorWire struct {
		ID    string `json:"id"`
		Epoch string `json:"epoch"`
		N     int64  `json:"n"`
	}
	watchFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
		Epoch        string `json:"epoch"`
		N            int64  `json:"n"`
	}
	unwatchFrame struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
	}
	sendFrame struct {
		Type string `json:"type"`
		Message
	}
	typingIn struct {
		Type         string `json:"type"`
		Conversation string `json:"conversation"`
		On           bool   `json:"on"`
		Note         bool   `json:"note"`
	}
	textFrame struct {
		Type    string `json:"type"`
		Run     string `json:"run"`
		Attempt int    `json:"attempt"`
		Offset  int    `json:"offset"`
	}
	stopFrame struct {
		Type string `json:"type"`
		Run  string `json:"run"`
	}
	pongFrame struct {
		Type string `json:"type"`
	}
)

// frameType reads the type of a frame. Most clients write it first; then the rest
// need not be read twice.
func frameType(data []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(data, []byte(`{"type":"`)); ok {
		if end := bytes.IndexByte(rest, '"'); end > 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
			return string(rest[:end]), nil
		}
	}
	var kind struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(data, &kind)
	return kind.Type, err
}

// decodeFrame reads a client's frame into the struct of its type. Error: Invalid
// for what is no frame of the protocol.
func decodeFrame(data []byte) (any, error) {
	kind, err := frameType(data)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The frame is not a JSON object.")
	}
	var f any
	switch kind {
	case "hello":
		f = new(helloFrame)
	case "watch":
		f = new(watchFrame)
	case "unwatch":
		f = new(unwatchFrame)
	case "send":
		f = new(sendFrame)
	case "typing":
		f = new(typingIn)
	case "text":
		f = new(textFrame)
	case "stop":
		f = new(stopFrame)
	case "pong":
		f = new(pongFrame)
	default:
		return nil, fault.New(fault.Invalid, "There is no such frame.").WithField("type", "is not known")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		if _, broken := errors.AsType[*json.SyntaxError](err); broken || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fault.Wrap(fault.Invalid, err, "The frame is not a JSON object.")
		}
		return nil, fault.Wrap(fault.Invalid, err, "The frame %q has a key that is not known, or a value of the wrong type.", kind)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault.New(fault.Invalid, "One message carries one frame.")
	}
	return f, nil
}
