// Package layering keeps the arrows between rooms: its test parses every Go
// file of the module and fails on an import that the table below does not list.
//
// It parses the files itself because a test that asked `go list` in a child
// process would keep passing from the test cache after a wrong import was added.
package layering

// room is a folder of the module and what it may import.
type room struct {
	path    string   // relative to the module; "" is the root package
	may     []string // rooms of this module; "*" is everything but cmd and the root
	foreign []string // third-party modules that it alone, or it among a few, may import
	why     string
}

// rooms is the map of docs/architecture.md as data. A room that is not in it, or
// a rule for a room that is gone, fails the test.
var rooms = []room{
	{path: "", may: []string{"*"}, foreign: []string{"github.com/knadh/koanf", "github.com/prometheus/client_golang", "golang.org/x/sync"}, why: "the only wiring"},
	{path: "cmd/frontdesk", may: []string{"*", ""}, foreign: []string{"github.com/alexflint/go-arg", "github.com/schollz/progressbar", "github.com/mattn/go-isatty", "golang.org/x/term", "github.com/gorilla/websocket"}, why: "reads the outside world and calls the root"},
	{path: "internal/fault", why: "below all"},
	{path: "internal/id", foreign: []string{"github.com/google/uuid"}, why: "below all"},
	{path: "internal/text", foreign: []string{"golang.org/x/text"}, why: "folding and language, below intents and knowledge"},
	{path: "internal/e5", may: []string{"internal/fault", "internal/e5/safetensors"}, foreign: []string{"golang.org/x/sys", "github.com/viterin/vek"}, why: "the encoder knows texts and numbers only"},
	{path: "internal/e5/safetensors", why: "a file format; the program and the packing of its model share it"},
	{path: "internal/e5/pack", may: []string{"internal/e5/safetensors"}, why: "lays the model out as it is read; run by hand"},
	{path: "internal/index", may: []string{"internal/fault"}, foreign: []string{"github.com/viterin/vek", "golang.org/x/sys"}, why: "postings and vectors, no words of ours"},
	{path: "internal/restate", may: []string{"internal/fault", "internal/text"}, why: "writes follow-ups out; knows texts only"},
	{path: "internal/linear", foreign: []string{"github.com/viterin/vek"}, why: "logistic models, numbers only"},
	{path: "internal/yamlfile", may: []string{"internal/fault"}, foreign: []string{"go.yaml.in/yaml/v3"}, why: "YAML that people wrote, with lines in its errors"},
	{path: "intents", may: []string{"internal/fault", "internal/id", "internal/text", "internal/linear", "internal/index", "internal/yamlfile"}, foreign: []string{"go.yaml.in/yaml/v3", "golang.org/x/text"}, why: "knows no conversations"},
	{path: "knowledge", may: []string{"internal/fault", "internal/id", "internal/text", "internal/index"}, foreign: []string{"golang.org/x/text", "github.com/kljensen/snowball", "golang.org/x/sync", "go.yaml.in/yaml/v3"}, why: "knows no conversations"},
	{path: "bot", may: []string{"intents", "knowledge", "internal/fault", "internal/id", "internal/text"}, foreign: []string{"golang.org/x/sync"}, why: "owns the conversation"},
	{path: "bot/bottest", may: []string{"bot", "intents", "knowledge", "internal/fault", "internal/id"}, foreign: []string{"golang.org/x/tools", "github.com/rogpeppe/go-internal"}, why: "test kit of bot"},
	{path: "handoff", may: []string{"bot", "internal/fault", "internal/id"}, foreign: []string{"golang.org/x/sync"}, why: "stands above bot; makes offers side by side"},
	{path: "handoff/simulate", may: []string{"bot", "handoff", "internal/fault", "internal/id"}, why: "runs the desk in simulated time"},
	{path: "training", may: []string{"bot", "intents", "knowledge", "internal/fault", "internal/id", "internal/text"}, foreign: []string{"go.yaml.in/yaml/v3"}, why: "stands above bot"},
	{path: "internal/account", may: []string{"internal/fault", "internal/id"}, foreign: []string{"golang.org/x/crypto", "github.com/golang-jwt/jwt"}, why: "who may sign in"},
	{path: "internal/upload", may: []string{"internal/fault", "internal/id"}, foreign: []string{"github.com/gabriel-vasile/mimetype", "golang.org/x/image"}, why: "files of visitors and agents"},
	{path: "internal/extract", may: []string{"knowledge", "internal/fault", "internal/text", "internal/extract/pdftext"}, foreign: []string{"*"}, why: "parsers of foreign formats live here alone"},
	{path: "internal/foreign", may: []string{"intents", "knowledge", "internal/extract", "internal/fault", "internal/text", "internal/yamlfile"}, foreign: []string{"go.yaml.in/yaml/v3"}, why: "what other chatbots keep; makes examples and entries of it"},
	{path: "internal/extract/pdftext", foreign: []string{"github.com/ledongthuc/pdf", "golang.org/x/text"}, why: "lines of text of PDF pages, no documents of ours"},
	{path: "internal/pubsub", may: []string{"internal/fault"}, why: "bytes between nodes"},
	{path: "internal/redis", may: []string{"internal/pubsub", "internal/fault"}, foreign: []string{"github.com/redis/rueidis"}, why: "copies between nodes; knows none of our rooms"},
	{path: "internal/hot", may: []string{"bot", "knowledge", "internal/account", "internal/fault", "internal/id"}, why: "copies in front of slow parts; where they are kept is not its business"},
	{path: "internal/live", may: []string{"bot", "handoff", "internal/pubsub", "internal/fault", "internal/id"}, why: "who on this node listens"},
	{path: "internal/jobs", may: []string{"bot", "intents", "knowledge", "handoff", "training", "internal/fault", "internal/id"}, foreign: []string{"github.com/riverqueue/river", "modernc.org/sqlite", "github.com/jackc/pgx"}, why: "long work that survives a restart"},
	{path: "internal/cell", may: []string{"internal/fault"}, foreign: []string{"github.com/tidwall/gjson"}, why: "what a value looks like in a row, the same in both engines"},
	{path: "internal/sqlite", may: []string{"internal/cell", "bot", "intents", "knowledge", "handoff", "training", "internal/account", "internal/upload", "internal/fault", "internal/id"}, foreign: []string{"modernc.org/sqlite", "github.com/pressly/goose", "github.com/gofrs/flock"}, why: "an engine"},
	{path: "internal/testenv", foreign: []string{"github.com/jackc/pgx"}, why: "servers that tests need; no words of ours"},
	{path: "internal/postgres", may: []string{"internal/cell", "bot", "intents", "knowledge", "handoff", "training", "internal/account", "internal/upload", "internal/fault", "internal/id"}, foreign: []string{"github.com/jackc/pgx", "github.com/pgvector/pgvector-go", "github.com/pressly/goose"}, why: "an engine"},
	{path: "internal/storetest", may: []string{"bot", "intents", "knowledge", "handoff", "training", "internal/account", "internal/upload", "internal/fault", "internal/id"}, foreign: []string{"pgregory.net/rapid", "github.com/google/go-cmp"}, why: "one suite for every engine"},
	{path: "internal/mail", may: []string{"handoff", "internal/extract", "internal/fault"}, foreign: []string{"github.com/wneessen/go-mail", "github.com/emersion", "github.com/google/uuid", "golang.org/x/net"}, why: "tickets over SMTP and IMAP"},
	{path: "internal/openai", may: []string{"bot", "internal/fault"}, foreign: []string{"github.com/sashabaranov/go-openai"}, why: "models over HTTP"},
	{path: "internal/peers", may: []string{"", "internal/faultproxy", "internal/history", "internal/load"}, foreign: []string{"github.com/gorilla/websocket"}, why: "puts servers of others under our load; run by hand"},
	{path: "internal/calibrate", may: []string{"intents", "knowledge", "internal/e5", "internal/id", "internal/linear", "internal/text"}, why: "fits what knowledge brings along"},
	{path: "internal/demo", why: "sample content"},
	{path: "internal/fakemodel", why: "a model's endpoint that follows a script, for the test bed"},
	{path: "internal/faultproxy", why: "breaks connections of the test bed"},
	{path: "internal/history", why: "what clients saw, and whether that is right"},
	{path: "internal/load", may: []string{"knowledge", "internal/history", "internal/id"}, foreign: []string{"github.com/gorilla/websocket", "golang.org/x/sync/errgroup"}, why: "clients of benches; never part of the server"},
	{path: "internal/shipped", may: []string{"intents", "internal/restate", "training", "knowledge", "internal/e5", "internal/fault", "internal/text"}, foreign: []string{"go.yaml.in/yaml/v3"}, why: "makes the trained parts that ship; run by hand"},
	{path: "internal/telemetry", may: []string{"bot", "handoff", "knowledge", "internal/fault"}, foreign: []string{"github.com/prometheus/client_golang", "go.opentelemetry.io", "google.golang.org/protobuf", "golang.org/x/sys"}, why: "stands behind the rooms' observers"},
	{path: "internal/layering", why: "this test"},
	{path: "api", may: []string{"bot", "intents", "knowledge", "handoff", "training", "internal/account", "internal/live", "internal/upload", "internal/fault", "internal/id", "internal/text", "web"}, foreign: []string{"github.com/gin-gonic/gin", "github.com/danielgtaylor/huma", "github.com/gorilla/websocket", "github.com/prometheus/client_golang", "golang.org/x/time"}, why: "everything that crosses HTTP"},
	{path: "test/cluster", why: "the test bed; tests only"},
	{path: "web", why: "the committed build"},
}
