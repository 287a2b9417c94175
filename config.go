package frontdesk

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/mail"
)

// Secret is a configured value that prints as redacted.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// LogValue hides the value from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Config is everything that an operator sets. Its keys are the same in the file
// (YAML), in the environment (FRONTDESK_SERVER_ADDR for server.addr) and, for
// the common ones, as flags.
type Config struct {
	Server    ServerConfig    `koanf:"server"`
	Storage   StorageConfig   `koanf:"storage"`
	Redis     RedisConfig     `koanf:"redis"`
	Search    SearchConfig    `koanf:"search"`
	LLM       LLMConfig       `koanf:"llm"`
	Embedding EmbeddingConfig `koanf:"embedding"`
	Intents   IntentsConfig   `koanf:"intents"`
	Policy    PolicyConfig    `koanf:"policy"`
	Log       LogConfig       `koanf:"log"`
	Limits    LimitsConfig    `koanf:"limits"`
	Desk      DeskConfig      `koanf:"desk"`
	Mail      MailConfig      `koanf:"mail"`
	Telemetry TelemetryConfig `koanf:"telemetry"`
}

// ServerConfig says where the server listens and what it trusts.
type ServerConfig struct {
	Addr           string   `koanf:"addr"`            // HOST:PORT; default 127.0.0.1:8080
	PublicURL      string   `koanf:"public_url"`      // as visitors' browsers see it; empty: http://ADDR
	TrustedProxies []string `koanf:"trusted_proxies"` // addresses or CIDRs whose X-Forwarded-For is believed; default none
	Demo           bool     `koanf:"demo"`            // load the sample shop and serve its page at /
	Node           string   `koanf:"node"`            // name of this node in logs, metrics and run ownership; empty: host name and a random suffix
}

// StorageConfig says where data lives.
type StorageConfig struct {
	Dir      string `koanf:"dir"`      // data folder: the embedded store, and files of uploads and imports; default ./data
	Postgres Secret `koanf:"postgres"` // DSN of a PostgreSQL that nodes share; empty: the embedded store
}

// RedisConfig names a Redis or Valkey that nodes share; empty: none.
type RedisConfig struct {
	// redis://[USER:PASSWORD@]HOST:PORT[/DB], rediss:// with TLS; it carries frames
	// between nodes, shared limits and copies, and may be away at any time
	URL Secret `koanf:"url"`
}

// SearchConfig says where documents are searched.
type SearchConfig struct {
	Vectors string `koanf:"vectors"` // memory: in every node; postgres: in storage.postgres, the same on all nodes; default memory
}

// Values of SearchConfig.Vectors.
const (
	vectorsInMemory   = "memory"
	vectorsInPostgres = "postgres"
)

// LLMConfig names an OpenAI-compatible endpoint; empty URL: answers come without a model.
type LLMConfig struct {
	URL       string        `koanf:"url"`        // base URL, such as http://127.0.0.1:11434/v1
	Model     string        `koanf:"model"`      // model name at that endpoint
	Key       Secret        `koanf:"key"`        // by environment FRONTDESK_LLM_KEY
	Second    string        `koanf:"second_url"` // tried when the first endpoint's breaker is open; empty: none
	TurnLimit time.Duration `koanf:"turn_limit"` // time to a visible outcome; default 15s
	Translate time.Duration `koanf:"translate"`  // how long a translation for an agent may take; 0: nothing is translated; default 6s
	// Prices of a million tokens, in a currency of your choice, for the metric of
	// costs. Zero: not known.
	InputPrice  float64 `koanf:"input_price"`
	OutputPrice float64 `koanf:"output_price"`
}

// limits bounds a model's calls.
func (c LLMConfig) limits() bot.Limits {
	if c.Translate == 0 {
		return bot.Limits{Translate: -1}
	}
	return bot.Limits{Translate: c.Translate}
}

// EmbeddingConfig names another embedding model; empty URL: the built-in one.
type EmbeddingConfig struct {
	URL   string `koanf:"url"`
	Model string `koanf:"model"`
	Key   Secret `koanf:"key"`
}

// IntentsConfig says what the intents of the workspace are trained from.
type IntentsConfig struct {
	Dir string `koanf:"dir"` // folder of example files; trained at start when they changed; empty: the starting set reads
}

// PolicyConfig sets what of the shipped policy every workspace may want otherwise.
type PolicyConfig struct {
	// confidence from which the bot answers, above 0 to 1; a higher one answers fewer
	// and answers right: `frontdesk threshold` says what a value gives; default 0.38
	Answer float64 `koanf:"answer"`
}

// LogConfig shapes the log on standard error.
type LogConfig struct {
	Level  string `koanf:"level"`  // debug, info, warn, error; default info
	Format string `koanf:"format"` // text, json; default text
}

// LimitsConfig protects against floods. Zero in a field means its default.
type LimitsConfig struct {
	MessagesPerMinute    int `koanf:"messages_per_minute"`    // per visitor; default 30
	SocketsPerAddress    int `koanf:"sockets_per_address"`    // default 50
	SocketsPerSecond     int `koanf:"sockets_per_second"`     // new ones of this node; others are told when to come; default 1500
	ConversationsPerHour int `koanf:"conversations_per_hour"` // new ones per address; default 10
	UploadMB             int `koanf:"upload_mb"`              // one file of a visitor or agent; default 10
}

// DeskConfig sets the desk's deadlines.
type DeskConfig struct {
	OfferFor  time.Duration `koanf:"offer_for"`  // how long an agent may think; default 25s
	GoneAfter time.Duration `koanf:"gone_after"` // how much longer than 30s an agent may be silent before their chats go back in line; default 55s
	IdleAfter time.Duration `koanf:"idle_after"` // a chat counts less when its visitor has been silent for so long; negative: never; default 10m
	IdleShare int           `koanf:"idle_share"` // of a place that it takes then, in percent, 1 to 100; default 50
}

// MailConfig says how tickets are answered by e-mail; empty SMTP: they are not.
type MailConfig struct {
	// smtp://USER:PASSWORD@HOST:PORT with STARTTLS, smtps:// with TLS from the start;
	// ?tls=none for a server on this machine
	SMTP    Secret        `koanf:"smtp"`
	IMAP    Secret        `koanf:"imap"`    // the same with imap:// and imaps://: where answers are read; empty: they are not
	From    string        `koanf:"from"`    // who writes, such as Shop <support@example.com>; answers go to support+TOKEN@example.com
	Key     Secret        `koanf:"key"`     // secret of at least 32 characters that proves which ticket an answer is for; the same on all nodes
	Mailbox string        `koanf:"mailbox"` // default INBOX
	Poll    time.Duration `koanf:"poll"`    // how often the mailbox is looked at; default 30s
}

// post is what sends and receives, nil where none is configured.
func (c MailConfig) post() (*mail.Post, error) {
	if c.SMTP == "" {
		return nil, nil
	}
	return mail.New(mail.Config{SMTP: string(c.SMTP), IMAP: string(c.IMAP), From: c.From, Key: string(c.Key), Mailbox: c.Mailbox})
}

// TelemetryConfig says where traces go. Metrics are always at /metrics.
type TelemetryConfig struct {
	OTLPURL     string  `koanf:"otlp_url"`     // base URL of a collector of OTLP over HTTP, such as http://127.0.0.1:4318; empty: no traces
	SampleRatio float64 `koanf:"sample_ratio"` // share of runs and requests that are traced, 0…1; default 0.1
}

// Defaults returns the configuration that runs with nothing set.
func Defaults() Config {
	return Config{
		Server:  ServerConfig{Addr: "127.0.0.1:8080"},
		Storage: StorageConfig{Dir: "data"},
		Search:  SearchConfig{Vectors: vectorsInMemory},
		LLM:     LLMConfig{TurnLimit: 15 * time.Second, Translate: 6 * time.Second},
		Policy:  PolicyConfig{Answer: bot.DefaultPolicy().Answer},
		Log:     LogConfig{Level: "info", Format: "text"},
		Limits:  LimitsConfig{MessagesPerMinute: 30, SocketsPerAddress: 50, SocketsPerSecond: 1500, ConversationsPerHour: 10, UploadMB: 10},
		Desk:    DeskConfig{OfferFor: 25 * time.Second, GoneAfter: 55 * time.Second, IdleAfter: 10 * time.Minute, IdleShare: 50},
		Mail:    MailConfig{Mailbox: "INBOX", Poll: 30 * time.Second},

		Telemetry: TelemetryConfig{SampleRatio: .1},
	}
}

// envPrefix starts every variable that LoadConfig reads.
const envPrefix = "FRONTDESK_"

// LoadConfig layers defaults, the YAML file (path may be empty), the environment
// (as from os.Environ) and flags (keys as in the file), each over the one before.
// Every problem of every layer is reported in one Invalid error, with its key.
func LoadConfig(path string, environ []string, flags map[string]any) (Config, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(Defaults(), "koanf"), nil); err != nil {
		return Config{}, fault.Wrap(fault.Internal, err, "The default configuration cannot be read")
	}
	known := map[string]bool{}
	byEnv := map[string]string{}
	for _, key := range k.Keys() {
		known[key] = true
		byEnv[envPrefix+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))] = key
	}
	problems := fault.New(fault.Invalid, "The configuration has problems")
	if path != "" {
		layer := koanf.New(".")
		if err := layer.Load(file.Provider(path), yaml.Parser()); err != nil {
			if os.IsNotExist(err) {
				return Config{}, fault.New(fault.Invalid, "The configuration file %s does not exist", path)
			}
			return Config{}, fault.Wrap(fault.Invalid, err, "The configuration file %s is not readable YAML", path)
		}
		for _, key := range sorted(layer.All()) {
			if !known[key] {
				problems = problems.WithField(key, "unknown key in "+path+"; see `frontdesk check-config --print` for all keys")
			}
		}
		if err := k.Merge(layer); err != nil {
			return Config{}, fault.Wrap(fault.Invalid, err, "The configuration file %s does not fit", path)
		}
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envPrefix+"TEST_") {
			continue
		}
		key, ok := byEnv[name]
		if !ok {
			problems = problems.WithField(name, "unknown environment variable; it names no configuration key")
			continue
		}
		var v any = value
		if _, list := k.Get(key).([]string); list {
			v = strings.Split(value, ",")
		}
		if err := k.Set(key, v); err != nil {
			problems = problems.WithField(name, "cannot be read")
		}
	}
	for key, value := range flags {
		if err := k.Set(key, value); err != nil {
			problems = problems.WithField(key, "cannot be read")
		}
	}
	var c Config
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fault.Wrap(fault.Invalid, err, "The configuration has a value of the wrong type (%v)", err)
	}
	for _, f := range c.Problems() {
		problems = problems.WithField(f.Name, f.Problem)
	}
	if len(problems.Fields) > 0 {
		return c, problems
	}
	return c, nil
}

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Problems says what does not fit together, one entry a key; nil when all is well.
func (c Config) Problems() []fault.Field {
	var out []fault.Field
	bad := func(key, format string, args ...any) {
		out = append(out, fault.Field{Name: key, Problem: fmt.Sprintf(format, args...)})
	}
	if _, port, err := net.SplitHostPort(c.Server.Addr); err != nil || port == "" {
		bad("server.addr", "want HOST:PORT, such as 127.0.0.1:8080, got %q", c.Server.Addr)
	}
	absolute := func(key, value string) {
		if value == "" {
			return
		}
		if u, err := url.Parse(value); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			bad(key, "want an http or https URL, got %q", value)
		}
	}
	absolute("server.public_url", c.Server.PublicURL)
	absolute("llm.url", c.LLM.URL)
	absolute("llm.second_url", c.LLM.Second)
	absolute("embedding.url", c.Embedding.URL)
	absolute("telemetry.otlp_url", c.Telemetry.OTLPURL)
	if r := c.Telemetry.SampleRatio; !(r >= 0 && r <= 1) {
		bad("telemetry.sample_ratio", "want 0 to 1, got %v", r)
	}
	for key, price := range map[string]float64{"llm.input_price": c.LLM.InputPrice, "llm.output_price": c.LLM.OutputPrice} {
		if !(price >= 0) {
			bad(key, "a price cannot be below zero, got %v", price)
		}
	}
	for _, p := range c.Server.TrustedProxies {
		if net.ParseIP(p) == nil {
			if _, _, err := net.ParseCIDR(p); err != nil {
				bad("server.trusted_proxies", "%q is neither an address nor a CIDR", p)
			}
		}
	}
	if c.Storage.Dir == "" {
		bad("storage.dir", "must name a folder")
	}
	switch c.Search.Vectors {
	case vectorsInMemory:
	case vectorsInPostgres:
		if c.Storage.Postgres == "" {
			bad("search.vectors", "postgres needs storage.postgres; without it vectors are in memory")
		}
	default:
		bad("search.vectors", "want memory or postgres, got %q", c.Search.Vectors)
	}
	if c.LLM.URL != "" && c.LLM.Model == "" {
		bad("llm.model", "must be set when llm.url is")
	}
	if c.Embedding.URL != "" && c.Embedding.Model == "" {
		bad("embedding.model", "must be set when embedding.url is")
	}
	if a := c.Policy.Answer; !(a > 0 && a <= 1) {
		bad("policy.answer", "want above 0 to 1, got %v", a)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		bad("log.level", "want debug, info, warn or error, got %q", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format", "want text or json, got %q", c.Log.Format)
	}
	if n := c.Desk.IdleShare; n < 1 || n > 100 {
		bad("desk.idle_share", "want 1 to 100 percent, got %d", n)
	}
	positive := func(key string, ok bool) {
		if !ok {
			bad(key, "must be above zero")
		}
	}
	positive("llm.turn_limit", c.LLM.TurnLimit > 0)
	if c.LLM.Translate < 0 {
		bad("llm.translate", "must be a duration such as 6s, or 0 for no translations")
	}
	positive("limits.messages_per_minute", c.Limits.MessagesPerMinute > 0)
	positive("limits.sockets_per_address", c.Limits.SocketsPerAddress > 0)
	positive("limits.sockets_per_second", c.Limits.SocketsPerSecond > 0)
	positive("limits.conversations_per_hour", c.Limits.ConversationsPerHour > 0)
	positive("limits.upload_mb", c.Limits.UploadMB > 0)
	positive("desk.offer_for", c.Desk.OfferFor > 0)
	positive("desk.gone_after", c.Desk.GoneAfter > 0)
	positive("mail.poll", c.Mail.Poll > 0)
	if m := c.Mail; m.SMTP == "" && (m.IMAP != "" || m.From != "" || m.Key != "") {
		bad("mail.smtp", "must be set when mail.imap, mail.from or mail.key is")
	}
	var wrong *fault.Error
	if _, err := c.Mail.post(); errors.As(err, &wrong) {
		for _, f := range wrong.Fields {
			bad("mail."+f.Name, "%s", f.Problem)
		}
	}
	return out
}
