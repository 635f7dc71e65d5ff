package services

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// JobArgs are a job's arguments: ids only. Kind is its name, as in "message.send".
type JobArgs = river.JobArgs

// Jobs is the queue: commits with the change that caused the work, survives crashes, retries with back-off.
// Workers are idempotent, since a job whose server died runs again.
type Jobs struct {
	workers  *river.Workers
	handlers map[string]handler
	periodic []*river.PeriodicJob
	client   *river.Client[pgx.Tx]
	log      *slog.Logger
}

type handler struct {
	run         func(context.Context, []byte) error
	maxAttempts int
}

// NewJobs is an empty queue; Open makes it, and so does what only describes the API.
func NewJobs(log *slog.Logger) *Jobs {
	return &Jobs{workers: river.NewWorkers(), handlers: map[string]handler{}, log: log}
}

// Handle declares the worker of one kind of job. It runs as the system actor of that name; an error makes it run
// again, up to attempts times.
func Handle[T JobArgs](j *Jobs, attempts int, work func(context.Context, T) error) {
	var none T
	j.handlers[none.Kind()] = handler{maxAttempts: attempts, run: func(ctx context.Context, body []byte) error {
		var args T
		if err := json.Unmarshal(body, &args); err != nil {
			return err
		}
		return work(AsSystem(ctx, none.Kind()), args)
	}}
	river.AddWorker(j.workers, river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error {
		return work(AsSystem(ctx, none.Kind()), job.Args)
	}))
}

// Every runs a job again and again, on one replica at a time, and once at the start.
func Every[T JobArgs](j *Jobs, interval time.Duration, args T) {
	j.periodic = append(j.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) {
			return args, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: interval}}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
}

func (j *Jobs) maxAttempts(kind string) int {
	h, ok := j.handlers[kind]
	if !ok {
		panic("no worker is declared for the job " + kind)
	}
	return h.maxAttempts
}

// Start works jobs until Stop. It polls: NOTIFY at every insert would serialize the commits of all registrations.
func (c *Core) Start(ctx context.Context, workers int) error {
	j := c.Jobs
	client, err := river.NewClient(riverpgxv5.New(c.writes), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:              j.workers,
		PeriodicJobs:         j.periodic,
		PollOnly:             true,
		FetchPollInterval:    500 * time.Millisecond,
		FetchCooldown:        100 * time.Millisecond,
		RescueStuckJobsAfter: 10 * time.Minute,
		JobTimeout:           time.Minute,
		// Rebuilding the queue's indexes needs their owner, which the runtime role is not.
		ReindexerSchedule: never{},
		Logger:            j.log,
		ErrorHandler:      &jobErrors{log: j.log},
	})
	if err != nil {
		return err
	}
	j.client = client
	return client.Start(ctx)
}

// Stop lets running jobs finish; a job that does not end before ctx runs again later.
func (j *Jobs) Stop(ctx context.Context) error {
	if j.client == nil {
		return nil
	}
	if err := j.client.Stop(ctx); err != nil {
		return j.client.StopAndCancel(ctx)
	}
	return nil
}

// RunDue stops the clock at t and works every job due by then, in order of time, with those that they make: time
// travel for tests and for demo data. It answers how many ran. The first job that fails ends it.
func (c *Core) RunDue(ctx context.Context, t time.Time) (int, error) {
	c.Clock.Set(t)
	for ran := 0; ; ran++ {
		var id int64
		var kind string
		var args []byte
		err := c.writes.QueryRow(ctx, `update river_job set state = 'completed', finalized_at = $1, attempt = attempt + 1
			where id = (select id from river_job where state in ('available', 'scheduled', 'retryable') and scheduled_at <= $1
			            order by scheduled_at, id limit 1 for update skip locked)
			returning id, kind, args`, c.Clock.Now()).Scan(&id, &kind, &args)
		if err == pgx.ErrNoRows {
			return ran, nil
		}
		if err != nil {
			return ran, err
		}
		if err := c.Jobs.handlers[kind].run(ctx, args); err != nil {
			return ran, fmt.Errorf("job %d %s: %w", id, kind, err)
		}
	}
}

type never struct{}

func (never) Next(t time.Time) time.Time { return t.AddDate(100, 0, 0) }

// jobErrors logs which job failed and why; arguments are ids and need no care, errors of ours hold no personal data.
type jobErrors struct{ log *slog.Logger }

func (h *jobErrors) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	h.log.WarnContext(ctx, "job failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "of", job.MaxAttempts, "err", err)
	return nil
}

func (h *jobErrors) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	h.log.ErrorContext(ctx, "job panicked", "job", job.ID, "kind", job.Kind, "panic", PanicOf(panicked), "trace", trace)
	return nil
}
