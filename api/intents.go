package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/training"
)

// TaughtIntent is one thing visitors mean.
type TaughtIntent struct {
	Name        string       `json:"name"`
	Class       string       `json:"class" enum:"business,smalltalk,person,other"`
	Description string       `json:"description"`
	Own         bool         `json:"own" doc:"Made here: it can be renamed and removed."`
	Examples    int          `json:"examples"`
	Stored      int          `json:"stored" doc:"Of the examples, those that can be removed here."`
	New         int          `json:"new" doc:"Of the examples, those that the version in service was not trained on."`
	Trained     bool         `json:"trained" doc:"The version in service knows it."`
	HeldBack    *IntentCheck `json:"held_back,omitempty" doc:"Of the version in service; absent where it does not tell."`
}

// IntentCheck is how an intent fared on examples that were kept from the training.
type IntentCheck struct {
	Checked  int    `json:"checked" doc:"Examples that were predicted without having been trained on."`
	Right    int    `json:"right"`
	Confused string `json:"confused_with,omitempty" doc:"The intent that most of the others were taken for."`
}

// IntentInput is what an editor says of an intent.
type IntentInput struct {
	Name        string `json:"name" maxLength:"400"`
	Class       string `json:"class,omitempty" enum:"business,smalltalk,person,other" doc:"Absent: business."`
	Description string `json:"description,omitempty" doc:"Counts as one more example."`
}

// TaughtIntents are all of them, with what the version in service makes of them.
type TaughtIntents struct {
	Items   []TaughtIntent `json:"items"`
	Version *IntentVersion `json:"version,omitempty" doc:"In service; absent: the starting set's model."`
	Added   *int           `json:"added,omitempty" doc:"Examples that the version in service was not trained on; absent where it does not tell."`
	Removed *int           `json:"removed,omitempty" doc:"Examples that it was trained on and that are gone."`
	Problem string         `json:"problem,omitempty" doc:"Why the examples of the configured folder are left out."`
}

// IntentVersion is a trained model.
type IntentVersion struct {
	Version   int     `json:"version"`
	Active    bool    `json:"active"`
	CreatedAt Time    `json:"created_at"`
	By        string  `json:"by" doc:"Name of the account; empty for the program."`
	Note      string  `json:"note"`
	Intents   int     `json:"intents"`
	Examples  int     `json:"examples"`
	HeldBack  int     `json:"held_back" doc:"Examples that were predicted without having been trained on."`
	Accuracy  float64 `json:"accuracy" minimum:"0" maximum:"1" doc:"On those."`
}

// IntentExample is an utterance that means an intent.
type IntentExample struct {
	ID     string `json:"id"`
	Intent string `json:"intent"`
	Text   string `json:"text"`
	From   string `json:"from" enum:"starter,folder,file,import,review,person"`
	Place  string `json:"place,omitempty" doc:"File and line of an example of the configured folder."`
	Event  string `json:"event,omitempty" doc:"The visitor's message that it was made from."`
	By     string `json:"by" doc:"Name of the account; empty for the program."`
	At     *Time  `json:"at,omitempty"`
	New    bool   `json:"new" doc:"The version in service was not trained on it."`
}

// Training is a training that is under way, or the last one.
type Training struct {
	State      string         `json:"state" enum:"none,queued,running,done,failed,cancelled"`
	Stage      string         `json:"stage,omitempty" enum:"embed,check,scope,train" doc:"Of a running one."`
	Done       int            `json:"done" doc:"Of the stage."`
	All        int            `json:"all"`
	Cancelling bool           `json:"cancelling,omitempty"`
	By         string         `json:"by,omitempty"`
	QueuedAt   *Time          `json:"queued_at,omitempty"`
	StartedAt  *Time          `json:"started_at,omitempty"`
	EndedAt    *Time          `json:"ended_at,omitempty"`
	Error      string         `json:"error,omitempty" doc:"Why it failed; the old model is in service."`
	Problems   []FieldProblem `json:"problems,omitempty" doc:"… with the places."`
	Stopped    *Verdict       `json:"stopped,omitempty" doc:"… because confirmed questions would break."`
	Version    int            `json:"version,omitempty" doc:"That it put in service."`
	Changed    bool           `json:"changed,omitempty" doc:"That version was not in service before."`
}

// IntentNamed is an input that names an intent.
type IntentNamed struct {
	Name string `path:"name" maxLength:"400"`
}

// maxExampleBody lets a text that is far too long reach the check that says so.
const maxExampleBody = 1 << 20

func (s *Server) intentRoutes(g *registrar) {
	taught(g, "GET", "/intents", func(ctx context.Context, _ *empty) (*bodyOf[TaughtIntents], error) { return s.listIntents(ctx) })
	taught(g, "POST", "/intents", func(ctx context.Context, in *struct{ Body IntentInput }) (*bodyOf[TaughtIntent], error) {
		made := intentFrom(in.Body)
		if err := s.Catalogue.AddIntent(ctx, s.ws, made); err != nil {
			return nil, err
		}
		return s.oneIntent(ctx, made.Name)
	}, status(http.StatusCreated))
	taught(g, "PUT", "/intents/{name}", func(ctx context.Context, in *struct {
		IntentNamed
		Body IntentInput
	},
	) (*bodyOf[TaughtIntent], error) {
		to := intentFrom(in.Body)
		if err := s.Catalogue.ChangeIntent(ctx, s.ws, in.Name, to); err != nil {
			return nil, err
		}
		return s.oneIntent(ctx, to.Name)
	})
	taught(g, "DELETE", "/intents/{name}", func(ctx context.Context, in *IntentNamed) (*empty, error) {
		return nil, s.Catalogue.RemoveIntent(ctx, s.ws, in.Name)
	}, status(http.StatusNoContent))
	taught(g, "GET", "/intents/{name}/examples", s.listExamples)
	taught(g, "POST", "/intents/{name}/examples", s.addExample, status(http.StatusCreated), body(maxExampleBody))
	taught(g, "DELETE", "/intents/{name}/examples/{id}", func(ctx context.Context, in *struct {
		IntentNamed
		ByID
	},
	) (*empty, error) {
		return nil, s.Catalogue.RemoveExample(ctx, s.ws, in.Name, in.ID)
	}, status(http.StatusNoContent))

	taught(g, "POST", "/intents/train", func(ctx context.Context, in *struct {
		Body *struct {
			Note    string `json:"note,omitempty" maxLength:"500" doc:"Kept with the version."`
			Despite string `json:"despite,omitempty" maxLength:"500" doc:"Why the model goes into service although confirmed questions break by it."`
		}
	},
	) (*bodyOf[Training], error) {
		to := training.Service{Workspace: s.ws, By: s.editor(ctx)}
		if in.Body != nil {
			to.Note, to.Despite = in.Body.Note, in.Body.Despite
		}
		return s.trainingOf(s.Catalogue.Start(ctx, to))
	}, status(http.StatusAccepted))
	taught(g, "GET", "/intents/training", func(ctx context.Context, _ *empty) (*bodyOf[Training], error) {
		return s.trainingOf(s.Catalogue.Job(ctx, s.ws))
	})
	taught(g, "DELETE", "/intents/training", func(ctx context.Context, _ *empty) (*bodyOf[Training], error) {
		return s.trainingOf(s.Catalogue.Cancel(ctx, s.ws))
	}, status(http.StatusOK))
	taught(g, "GET", "/intents/versions", func(ctx context.Context, _ *empty) (*bodyOf[list[IntentVersion]], error) {
		rows, err := s.Catalogue.Versions(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		out := list[IntentVersion]{Items: []IntentVersion{}}
		for _, a := range rows {
			out.Items = append(out.Items, s.intentVersionOf(a))
		}
		return &bodyOf[list[IntentVersion]]{out}, nil
	})
	taught(g, "POST", "/intents/versions/{version}/activate", func(ctx context.Context, in *struct {
		Version int `path:"version" minimum:"1"`
		Body    *struct {
			Despite string `json:"despite,omitempty" maxLength:"500" doc:"Why it goes into service although confirmed questions break by it."`
		}
	},
	) (*bodyOf[IntentVersion], error) {
		to := training.Service{Workspace: s.ws, By: s.editor(ctx), Note: fmt.Sprintf("version %d again", in.Version)}
		if in.Body != nil {
			to.Despite = in.Body.Despite
		}
		a, err := s.Catalogue.Activate(ctx, in.Version, to)
		if err != nil {
			return nil, err
		}
		return &bodyOf[IntentVersion]{s.intentVersionOf(a)}, nil
	})
}

// taught registers a route that needs the catalogue.
func taught[I, O any](g *registrar, method, path string, h func(ctx context.Context, in *I) (*O, error), tune ...func(*huma.Operation)) {
	handle(g, method, path, func(ctx context.Context, in *I) (*O, error) {
		if g.s.Catalogue == nil {
			return nil, missing("Teaching intents")
		}
		return h(ctx, in)
	}, tune...)
}

func intentFrom(in IntentInput) intents.Intent {
	return intents.Intent{Name: in.Name, Class: intents.Class(in.Class), Description: in.Description}
}

func (s *Server) listIntents(ctx context.Context) (*bodyOf[TaughtIntents], error) {
	o, err := s.Catalogue.Overview(ctx, s.ws)
	if err != nil {
		return nil, err
	}
	out := TaughtIntents{Items: []TaughtIntent{}, Problem: o.Problem}
	for _, e := range o.Intents {
		out.Items = append(out.Items, intentOf(e))
	}
	if o.Version.Version > 0 {
		v := s.intentVersionOf(o.Version)
		out.Version = &v
	}
	if o.Added >= 0 {
		out.Added, out.Removed = &o.Added, &o.Removed
	}
	return &bodyOf[TaughtIntents]{out}, nil
}

// oneIntent is an intent after a change of it.
func (s *Server) oneIntent(ctx context.Context, name string) (*bodyOf[TaughtIntent], error) {
	o, err := s.Catalogue.Overview(ctx, s.ws)
	for _, e := range o.Intents {
		if e.Name == name {
			return &bodyOf[TaughtIntent]{intentOf(e)}, nil
		}
	}
	return nil, err
}

func intentOf(e training.Entry) TaughtIntent {
	out := TaughtIntent{
		Name: e.Name, Class: string(e.Class), Description: e.Description, Own: e.Own, Examples: e.Examples, Stored: e.Stored, New: e.New, Trained: e.Trained,
	}
	if out.Class == "" {
		out.Class = string(intents.ClassBusiness)
	}
	if e.Stats != nil {
		out.HeldBack = &IntentCheck{e.Stats.HeldBack, e.Stats.Right, e.Stats.Confused}
	}
	return out
}

func (s *Server) listExamples(ctx context.Context, in *struct {
	IntentNamed
	Paging
},
) (*bodyOf[list[IntentExample]], error) {
	m, err := in.mark()
	if err != nil {
		return nil, err
	}
	rows, fresh, err := s.Catalogue.List(ctx, s.ws, in.Name)
	if err != nil {
		return nil, err
	}
	from := min(int(m.At), len(rows)) // where the example before is gone meanwhile
	if at := slices.IndexFunc(rows, func(e training.Example) bool { return e.ID == m.ID }); at >= 0 {
		from = at + 1
	}
	out := list[IntentExample]{Items: []IntentExample{}}
	to := min(from+in.Limit, len(rows))
	for i := from; i < to; i++ {
		out.Items = append(out.Items, s.exampleOf(rows[i], fresh[i]))
	}
	if to < len(rows) {
		out.Next = mark{At: int64(to), ID: rows[to-1].ID}.cursor()
	}
	return &bodyOf[list[IntentExample]]{out}, nil
}

func (s *Server) addExample(ctx context.Context, in *struct {
	IntentNamed
	Body struct {
		Text      string `json:"text"`
		FromEvent string `json:"from_event,omitempty" maxLength:"64" doc:"The visitor's message that it is made from."`
	}
},
) (*bodyOf[IntentExample], error) {
	e := training.Example{Intent: in.Name, Text: in.Body.Text, From: training.FromPerson, By: s.editor(ctx)}
	if in.Body.FromEvent != "" {
		e.From, e.Event = training.FromReview, bot.EventID(in.Body.FromEvent)
	}
	e, err := s.Catalogue.AddExample(ctx, s.ws, e)
	if err != nil {
		return nil, err
	}
	return &bodyOf[IntentExample]{s.exampleOf(e, true)}, nil
}

func (s *Server) exampleOf(e training.Example, fresh bool) IntentExample {
	return IntentExample{
		ID: e.ID, Intent: e.Intent, Text: e.Text, From: string(e.From), Place: e.Place, Event: string(e.Event), By: s.nameOf(e.By), At: timeOf(e.At), New: fresh,
	}
}

func (s *Server) intentVersionOf(a training.Artefact) IntentVersion {
	return IntentVersion{
		Version: a.Version, Active: a.Active, CreatedAt: Time{a.CreatedAt}, By: s.nameOf(a.By), Note: a.Note, Intents: a.Intents, Examples: a.Examples,
		HeldBack: a.HeldBack, Accuracy: a.Accuracy,
	}
}

func (s *Server) trainingOf(j training.Job, err error) (*bodyOf[Training], error) {
	if err != nil {
		return nil, err
	}
	out := Training{
		State: string(j.State), Stage: j.Stage, Done: j.Done, All: j.All, Cancelling: j.Cancel && j.State == training.JobRunning, By: s.nameOf(j.By),
		QueuedAt: timeOf(j.QueuedAt), StartedAt: timeOf(j.StartedAt), EndedAt: timeOf(j.EndedAt), Error: j.Error, Version: j.Version, Changed: j.Changed,
	}
	if j.State == "" {
		out.State = "none"
	}
	for _, p := range j.Problems {
		out.Problems = append(out.Problems, FieldProblem{p.Name, p.Problem})
	}
	if j.Stopped != nil {
		v := verdictOf(*j.Stopped)
		out.Stopped = &v
	}
	return &bodyOf[Training]{out}, nil
}
