package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// readiness is what /readyz answers, with status 200 or 503.
type readiness struct {
	Ready    bool             `json:"ready"`
	Node     string           `json:"node,omitempty"`
	Version  string           `json:"version"`
	Draining bool             `json:"draining"`
	Checks   map[string]check `json:"checks"`
}

type check struct {
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"`
	Detail string `json:"detail,omitempty"`
}

// readyTime bounds the checks: a probe that hangs says less than one that fails.
const readyTime = 2 * time.Second

// readyz says whether a proxy should send visitors here, and why not. While the
// node drains the store is not asked: it may be going away as well.
func (s *Server) readyz(c *gin.Context) {
	out := readiness{Node: s.opts.Node, Version: s.opts.Version, Draining: s.draining.Load(), Checks: map[string]check{}}
	out.Ready = !out.Draining
	if !out.Draining {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTime)
		defer cancel()
		for _, k := range s.Ready(ctx) {
			shown := check{OK: k.Err == nil, Needed: k.Needed, Detail: k.Detail}
			if k.Err != nil {
				shown.Detail = fault.Message(k.Err)
				s.log.Warn("a readiness check failed", "check", k.Name, "error", k.Err)
				out.Ready = out.Ready && !k.Needed
			}
			out.Checks[k.Name] = shown
		}
	}
	status := http.StatusOK
	if !out.Ready {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, out)
}
