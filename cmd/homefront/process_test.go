package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/internal/pgembed"
	"homefront/internal/pgtest"
	"homefront/internal/smtp"
	"homefront/models"
)

const asProgram = "HOMEFRONT_TEST_AS_PROGRAM"

// TestMain lets the test binary be the program itself, so that a test can kill it.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	pgtest.Main(m)
}

// process is one running `homefront serve`.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	log  *bytes.Buffer
	env  []string
}

// served is a database that outlives kills, the settings to serve it with, and an in-process view of it for setting up.
type served struct {
	t   *testing.T
	pg  *pgembed.Server
	app *apptest.App
	env []string

	coordinator, facilitator *apptest.Client
	planned                  int
}

func durable(t *testing.T) *served {
	t.Helper()
	pg := pgtest.Durable(t)
	sink, err := smtp.NewSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	host, port, _ := net.SplitHostPort(sink.Addr())
	db := &pgtest.DB{AppURL: pg.DSN(pgembed.AppRole, ""), OwnerURL: pg.DSN(pgembed.OwnerRole, ""), SuperURL: pg.DSN(pgembed.Superuser, "")}
	return &served{t: t, pg: pg, app: apptest.On(t, db), env: []string{asProgram + "=1", "DATABASE_URL=" + db.AppURL,
		"HOMEFRONT_SECRET=" + hex.EncodeToString(apptest.Secret), "HOMEFRONT_PUBLIC_URL=https://app.homefront.example", "HOMEFRONT_SMTP_HOST=" + host, "HOMEFRONT_SMTP_PORT=" + port,
		"HOMEFRONT_SMTP_TLS=none", "HOMEFRONT_MAIL_FROM=appointments@homefront.example", "HOMEFRONT_REQUESTS_PER_SECOND=100000", "HOMEFRONT_LOG_LEVEL=warn"}}
}

// start runs one server process and waits until it is ready.
func (s *served) start() *process {
	s.t.Helper()
	p := &process{t: s.t, base: "http://" + freeAddr(s.t), log: &bytes.Buffer{}, env: s.env}
	p.cmd = exec.Command(os.Args[0], "serve")
	p.cmd.Env = append(append(os.Environ(), s.env...), "HOMEFRONT_ADDR="+p.base[len("http://"):])
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(p.kill)
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		res, err := http.Get(p.base + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return p
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("the server did not become ready: %s", p.log)
	return nil
}

func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		_ = p.cmd.Wait()
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// post answers the status and the body; status 0 means that no answer came.
func post(client *http.Client, base, path, token, key string, body any) (int, []byte) {
	encoded, _ := json.Marshal(body)
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, base+path, bytes.NewReader(encoded))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, got
}

// workshop publishes one with the given seats, some days from now. Each begins two hours after the one before, since they
// share their facilitator.
func (s *served) workshop(seats int) uuid.UUID {
	s.t.Helper()
	if s.coordinator == nil {
		s.coordinator, s.facilitator = s.app.As("Cora Coordinator", models.RoleCoordinator), s.app.As("Finn Facilitator", models.RoleFacilitator)
	}
	s.planned++
	begin := time.Now().Add(72*time.Hour + time.Duration(s.planned)*2*time.Hour).Format("2006-01-02T15:04")
	id := s.coordinator.Post("/v1/workshops", map[string]any{"title": "Coming Home", "summary": "An evening", "format": "online", "minimum_age": 18, "time_zone": "Etc/UTC",
		"join_url": "https://meet.example.org/x", "capacity": seats, "facilitator_ids": []uuid.UUID{s.facilitator.Member}}).Want(201).ID()
	s.coordinator.Post("/v1/workshops/"+id.String()+"/sessions", map[string]any{"local_start": begin, "minutes": 90}).Want(201)
	s.coordinator.Post("/v1/workshops/"+id.String()+"/publish", nil).Want(200)
	return id
}

// TestRaceForSeats lets 200 people race for 30 seats against two server processes: 30 seats are taken, the others wait
// in an order without gaps, and nobody is told of a fault.
func TestRaceForSeats(t *testing.T) {
	s := durable(t)
	id := s.workshop(30)
	people := make([]*apptest.Client, 200)
	for i := range people {
		if i%100 == 0 {
			s.app.Exec(`truncate rate_limits`) // one address signs in more people than the limit lets it
		}
		people[i] = s.app.As(fmt.Sprintf("Racer Number%d", i))
	}
	servers := []*process{s.start(), s.start()}
	type answer struct {
		State    string `json:"state"`
		Position *int   `json:"waitlist_position"`
	}
	answers := make([]answer, len(people))
	var wg sync.WaitGroup
	started := time.Now()
	for i, c := range people {
		wg.Go(func() {
			key := uuid.NewString()
			status, body := 503, []byte(nil)
			for try := 0; status == 503 && try < 5; try++ { // "not now, come again" is no fault: the phone does, with the same key
				status, body = post(&http.Client{}, servers[i%2].base, "/v1/workshops/"+id.String()+"/registrations", c.Token, key, map[string]any{})
			}
			if status != 201 {
				t.Errorf("racer %d: %d %s", i, status, body)
				return
			}
			_ = json.Unmarshal(body, &answers[i])
		})
	}
	wg.Wait()
	t.Logf("200 registrations in %v", time.Since(started))
	confirmed, positions := 0, map[int]bool{}
	for _, a := range answers {
		switch {
		case a.State == "confirmed":
			confirmed++
		case a.State == "waitlisted" && a.Position != nil && !positions[*a.Position]:
			positions[*a.Position] = true
		default:
			t.Errorf("answered %+v", a)
		}
	}
	if confirmed != 30 || len(positions) != 170 || !positions[1] || !positions[170] {
		t.Errorf("%d confirmed and %d distinct places in line, want 30 and 170", confirmed, len(positions))
	}
	if n := s.app.Count(`select count(*) from attendees a join registrations r on r.id = a.registration_id where r.workshop_id = $1 and r.state = 'confirmed' and a.state = 'attending'`, id); n != 30 {
		t.Errorf("%d seats are taken, want 30", n)
	}
}

// TestKilledUnderWrites kills the server, then PostgreSQL, while people register. Whatever was acknowledged is there,
// with its audit row and its mail; of the rest there is no half.
func TestKilledUnderWrites(t *testing.T) {
	s := durable(t)
	people := make([]*apptest.Client, 12)
	for i := range people {
		people[i] = s.app.As(fmt.Sprintf("Writer Number%d", i))
	}
	var acknowledged sync.Map
	var count atomic.Int64
	for round := range 6 {
		workshops := make([]uuid.UUID, 15)
		for i := range workshops {
			workshops[i] = s.workshop(100)
		}
		server := s.start()
		var stop atomic.Bool
		var wg sync.WaitGroup
		for _, c := range people {
			wg.Go(func() {
				client := &http.Client{Timeout: 10 * time.Second}
				for _, w := range workshops {
					if stop.Load() {
						return
					}
					status, body := post(client, server.base, "/v1/workshops/"+w.String()+"/registrations", c.Token, uuid.NewString(), map[string]any{})
					var r struct {
						ID uuid.UUID `json:"id"`
					}
					if status == 201 && json.Unmarshal(body, &r) == nil {
						acknowledged.Store(r.ID, true)
						count.Add(1)
					}
				}
			})
		}
		for began := time.Now(); count.Load() < int64(round+1)*10 && time.Since(began) < 20*time.Second; {
			time.Sleep(time.Duration(5+3*round) * time.Millisecond)
		}
		if round%2 == 0 {
			server.kill()
		} else {
			_ = syscall.Kill(s.pg.PID(), syscall.SIGKILL)
		}
		time.Sleep(300 * time.Millisecond)
		stop.Store(true)
		wg.Wait()
		server.kill()
		s.awaitDatabase()
	}
	if count.Load() < 50 {
		t.Fatalf("only %d writes were acknowledged: the kills hit nothing", count.Load())
	}
	acknowledged.Range(func(id, _ any) bool {
		if n := s.app.Count(`select count(*) from registrations where id = $1`, id); n != 1 {
			t.Errorf("registration %v was acknowledged and is lost", id)
		}
		return true
	})
	for what, sql := range map[string]string{
		"registrations without an audit row": `select count(*) from registrations r where not exists (select 1 from audit_log a where a.action = 'registration.create' and a.objects @> array[r.id])`,
		"registrations without a message":    `select count(*) from registrations r where not exists (select 1 from messages m where m.record_id = r.id)`,
		"messages without a job":             `select count(*) from messages m where m.state = 'queued' and not exists (select 1 from river_job j where j.args ->> 'message_id' = m.id::text)`,
		"registrations without attendees":    `select count(*) from registrations r where not exists (select 1 from attendees a where a.registration_id = r.id)`,
		"audit rows without a registration":  `select count(*) from audit_log a where a.action = 'registration.create' and a.outcome = 'done' and not exists (select 1 from registrations r where r.id = any (a.objects))`,
	} {
		if n := s.app.Count(sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	t.Logf("%d acknowledged writes, PostgreSQL started again %d times", count.Load(), s.pg.Restarts())
}

// awaitDatabase waits until a PostgreSQL that was killed has recovered and every connection of ours is a new one.
func (s *served) awaitDatabase() {
	s.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for good := 0; good < 20; {
		ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
		_, err := s.app.Core.Writes().Exec(ctx, "select 1")
		ready := s.app.Nobody().Get("/readyz").Status == http.StatusOK
		cancel()
		if err == nil && ready {
			good++
			continue
		}
		good = 0
		if time.Now().After(deadline) {
			s.t.Fatal("the database did not come back")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestGracefulStop ends a server under load with SIGTERM: no request in flight fails, and it ends by itself.
func TestGracefulStop(t *testing.T) {
	s := durable(t)
	c := s.app.As("Una User")
	server := s.start()
	var failed, answered atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second}
			for !stop.Load() {
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.base+"/v1/me", nil)
				req.Header.Set("Authorization", "Bearer "+c.Token)
				res, err := client.Do(req)
				if err != nil {
					return // the listener is gone: no request of ours was in flight
				}
				if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode >= 500 {
					failed.Add(1)
				}
				_ = res.Body.Close()
				answered.Add(1)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	if err := server.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v: %s", err, server.log)
		}
	case <-time.After(20 * time.Second):
		t.Error("it did not end")
	}
	stop.Store(true)
	wg.Wait()
	if failed.Load() > 0 || answered.Load() == 0 {
		t.Errorf("%d of %d requests failed", failed.Load(), answered.Load())
	}
}

// TestSuspendedElsewhere suspends an account on one server and asks another: its token is refused within a second.
func TestSuspendedElsewhere(t *testing.T) {
	s := durable(t)
	admin, victim := s.app.As("Ada Admin", models.RoleAdmin), s.app.As("Vic Victim")
	first, second := s.start(), s.start()
	ask := func() int {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, second.base+"/v1/me", nil)
		req.Header.Set("Authorization", "Bearer "+victim.Token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if status := ask(); status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPatch, first.base+"/v1/accounts/"+victim.Account.String(), bytes.NewReader([]byte(`{"status":"suspended","reason":"asked by the owner"}`)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+admin.Token)
	req.Header.Set("If-Match", `"1"`)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("suspending: %d %s", res.StatusCode, body)
	}
	suspended := time.Now()
	for ask() == http.StatusOK {
		if time.Since(suspended) > time.Second {
			t.Fatal("a second later the token still works on the other server")
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("refused after %v", time.Since(suspended))
}
