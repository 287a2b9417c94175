package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/load"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// BenchmarkVectorArm measures pgvector as the vector arm of 100,000 chunks: an HNSW
// index over halfvec, filtered by workspace, audience and validity inside the query,
// with iterative scans. The figures behind the choice in docs/decisions.md.
//
//	go test -run '^$' -bench VectorArm -benchtime 300x -timeout 60m ./internal/postgres
func BenchmarkVectorArm(b *testing.B) {
	const chunks = 100_000
	s, err := testenv.StartPostgres(b.Context(), testenv.Options{Settings: map[string]string{
		"maintenance_work_mem": "1GB", "max_parallel_maintenance_workers": "2", "shared_buffers": "1GB",
	}})
	if errors.Is(err, testenv.ErrNoPostgres) {
		b.Skip(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	conn, err := pgx.Connect(b.Context(), s.DSN("postgres"))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context()) //nolint:errcheck // the server is killed next
	exec := func(query string) {
		b.Helper()
		if _, err := conn.Exec(b.Context(), query); err != nil {
			b.Fatalf("%s: %v", query, err)
		}
	}
	exec(`CREATE EXTENSION vector`)
	exec(`CREATE TABLE arm (n int, workspace text, audience text, valid_from bigint, valid_until bigint, v halfvec(384))`)
	vectors := load.NewVectors(1)
	text := func(v []float32) string {
		var out strings.Builder
		for i, f := range v {
			if i == 0 {
				out.WriteByte('[')
			} else {
				out.WriteByte(',')
			}
			out.WriteString(strconv.FormatFloat(float64(f), 'g', 5, 32))
		}
		out.WriteByte(']')
		return out.String()
	}
	all := make([][]float32, chunks)
	var csv strings.Builder
	copied := func() {
		if _, err := conn.PgConn().CopyFrom(b.Context(), strings.NewReader(csv.String()), `COPY arm FROM STDIN`); err != nil {
			b.Fatal(err)
		}
		csv.Reset()
	}
	// One chunk in ten is of a small workspace; one in five of the large one is for
	// staff only.
	of := func(n int) (ws, audience string) {
		switch {
		case n%10 == 0:
			return "small", ""
		case n%5 == 1:
			return "large", "staff"
		}
		return "large", ""
	}
	for i := range all {
		all[i] = vectors.Of(fmt.Sprint("chunk ", i))
		ws, audience := of(i)
		fmt.Fprintf(&csv, "%d\t%s\t%s\t0\t0\t%s\n", i, ws, audience, text(all[i]))
		if i%5000 == 4999 {
			copied()
		}
	}
	start := time.Now()
	exec(`CREATE INDEX ON arm USING hnsw (v halfvec_ip_ops) WITH (m = 16, ef_construction = 128)`)
	b.Logf("the index took %.0f s", time.Since(start).Seconds())
	exec(`ANALYZE arm`)
	exact := func(q []float32, ws string) []int {
		type near struct {
			n   int
			dot float32
		}
		var out []near
		for n, v := range all {
			if w, audience := of(n); w != ws || audience != "" {
				continue
			}
			var dot float32
			for k, x := range q {
				dot += x * v[k]
			}
			out = append(out, near{n, dot})
		}
		slices.SortFunc(out, func(a, b near) int { return cmp.Compare(b.dot, a.dot) })
		var ten []int
		for _, o := range out[:10] {
			ten = append(ten, o.n)
		}
		return ten
	}
	for _, scan := range []string{"off", "strict_order", "relaxed_order"} {
		for _, ef := range []int{100, 200, 400} {
			for _, ws := range []string{"large", "small"} {
				b.Run(fmt.Sprintf("scan=%s/ef=%d/%s", scan, ef, ws), func(b *testing.B) {
					exec(`SET hnsw.iterative_scan = ` + scan)
					exec(`SET hnsw.ef_search = ` + strconv.Itoa(ef))
					var took []time.Duration
					hit, wanted := 0, 0
					for i := range b.N {
						q := vectors.Of(fmt.Sprint("question ", i))
						start := time.Now()
						rows, err := conn.Query(b.Context(), `
							SELECT n FROM arm WHERE workspace = $2 AND audience = '' AND valid_from <= $3 AND (valid_until = 0 OR valid_until > $3)
							ORDER BY v <#> $1::text::halfvec LIMIT 50`, text(q), ws, 1)
						if err != nil {
							b.Fatal(err)
						}
						got, err := pgx.CollectRows(rows, pgx.RowTo[int])
						if err != nil {
							b.Fatal(err)
						}
						took = append(took, time.Since(start))
						if i < 100 {
							for _, n := range exact(q, ws) {
								wanted++
								if slices.Contains(got, n) {
									hit++
								}
							}
						}
					}
					slices.Sort(took)
					b.ReportMetric(float64(hit)/float64(wanted), "recall@10")
					b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
					b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				})
			}
		}
	}
}
