package training

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// JobTrain is the kind of jobs that train; their subject is a Job's ID.
const JobTrain = "train"

// JobState is where a training stands.
type JobState string

// The states of a training; the last three are its end.
const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Job is a workspace's training that is under way, or the last one.
type Job struct {
	Workspace bot.WorkspaceID
	Revision  int // rises with every write; 0: nothing was trained yet
	ID        string
	State     JobState
	Stage     string // of a running one: "embed", "check", "scope", "train"
	Done, All int    // of the stage
	Attempt   int    // from 1 when somebody began it
	Cancel    bool   // somebody asked for its end
	By, Note  string
	Despite   string        // why the model goes into service although confirmed questions break by it
	Error     string        // why it failed, for people
	Problems  []fault.Field // … with the places, at most maxProblems
	Stopped   *Verdict      // … because confirmed questions would break; nil: for another reason
	Version   int           // of the model, once done
	Changed   bool          // that version was not in service before
	QueuedAt  time.Time
	StartedAt time.Time
	BeatAt    time.Time // sign of life of a running one
	EndedAt   time.Time
}

// open reports whether the training is yet to end.
func (j Job) open() bool { return j.State == JobQueued || j.State == JobRunning }

// JobStore keeps one training a workspace.
type JobStore interface {
	// Job returns the training; the zero Job of the workspace when there never was one.
	Job(ctx context.Context, ws bot.WorkspaceID) (Job, error)
	// PutJob stores j where the stored one still has j.Revision, as the next revision.
	// When queue is set, the job of kind JobTrain with j.ID as subject is asked for in
	// the same transaction. Error: Conflict when somebody was faster.
	PutJob(ctx context.Context, j Job, queue bool) error
}
