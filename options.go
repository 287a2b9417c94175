package frontdesk

import (
	"io"
	"log/slog"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Option adds something to an App that a configuration file cannot say.
type Option func(*settings)

// settings are the options of an Open.
type settings struct {
	now    func() time.Time
	clock  func() time.Time // as given by WithClock; nil: the engine's, or this machine's
	log    io.Writer
	logger *slog.Logger
	models []bot.Model
	policy *bot.Policy
	limits bool // rate limits apply
	admit  int  // sockets a second; 0: the configured number

	extractor knowledge.Extractor
	version   string // of the program, for the API's description
}

// WithClock sets the time; it should return UTC cut to microseconds.
func WithClock(now func() time.Time) Option { return func(s *settings) { s.now, s.clock = now, now } }

// WithLog sets where the log is written in the configured format; default: nowhere.
func WithLog(w io.Writer) Option { return func(s *settings) { s.log = w } }

// WithLogger sets the logger itself; it wins over WithLog.
func WithLogger(l *slog.Logger) Option { return func(s *settings) { s.logger = l } }

// WithModel adds a language model of your own; it is preferred over the configured one.
func WithModel(m bot.Model) Option { return func(s *settings) { s.models = append(s.models, m) } }

// WithPolicy replaces the shipped policy. Open refuses one that is not usable.
func WithPolicy(p bot.Policy) Option { return func(s *settings) { s.policy = &p } }

// WithExtractCommand names the program and arguments that end in a call of
// ExtractChild: documents are then parsed in a child process under limits of
// memory, time and rights. Without it they are parsed in this process, which
// suits programs that trust their files.
func WithExtractCommand(command ...string) Option {
	return func(s *settings) { s.extractor = extract.Runner{Command: command} }
}

// ExtractChild parses documents on behalf of another process: the whole of the
// hidden command that WithExtractCommand names.
func ExtractChild(in io.Reader, out io.Writer) error { return extract.Child(in, out) }

// WithVersion names the program's version in the API's description.
func WithVersion(v string) Option { return func(s *settings) { s.version = v } }

// WithAdmission sets how many sockets a second the server takes in; 0 is the
// configured number, a negative one no limit. It applies without limits too.
func WithAdmission(perSecond int) Option { return func(s *settings) { s.admit = perSecond } }

// WithoutLimits switches rate limits off, for benches and closed test beds.
func WithoutLimits() Option { return func(s *settings) { s.limits = false } }

// collect applies options over the defaults.
func collect(c Config, options []Option) settings {
	s := settings{now: machineClock().now, limits: true}
	for _, o := range options {
		o(&s)
	}
	if s.extractor == nil {
		s.extractor = extract.Local{}
	}
	if s.logger == nil {
		s.logger = newLogger(c.Log, s.log)
	}
	return s
}

// newLogger writes to w in the configured format and level; nil writes nothing.
func newLogger(c LogConfig, w io.Writer) *slog.Logger {
	if w == nil {
		return slog.New(slog.DiscardHandler)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
