package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector sends spans to an OTLP endpoint as protobuf over HTTP. The library's
// own HTTP client links gRPC, which doubles what tracing adds to the binary.
// What the endpoint does not take is lost, counted and logged: traces are no truth.
type collector struct {
	url    string
	client *http.Client
	log    *slog.Logger
	lost   func(spans int)
}

var _ otlptrace.Client = (*collector)(nil)

func newCollector(o TracerOptions) *collector {
	url := strings.TrimRight(o.URL, "/")
	if !strings.HasSuffix(url, "/v1/traces") {
		url += "/v1/traces"
	}
	return &collector{url: url, client: &http.Client{Timeout: 5 * time.Second}, log: o.Logger, lost: o.Lost}
}

// Start implements otlptrace.Client.
func (*collector) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. It returns nil in any case: the
// library would print the error where nobody looks.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	if err := c.send(ctx, spans); err != nil {
		n := 0
		for _, r := range spans {
			for _, s := range r.GetScopeSpans() {
				n += len(s.GetSpans())
			}
		}
		c.lost(n)
		c.log.Warn("traces could not be sent", "spans", n, "error", err)
	}
	return nil
}

func (c *collector) send(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// An export request has the same fields as TracesData and lives with the gRPC stubs.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %s", resp.Status)
	}
	return nil
}
