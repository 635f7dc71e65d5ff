package workshops_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/notices"
	"homefront/services/workshops"
)

// signing is the use cases of another process, with keys to sign with.
func (h *hall) signing() (*workshops.Service, *accounts.Service) {
	h.t.Helper()
	c := coretest.On(h.t, h.db)
	c.Clock.Set(h.core.Clock.Now())
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	keys := accounts.New(c, accounts.Settings{Issuer: "https://homefront.example", Audience: "https://homefront.example"})
	return workshops.New(c, workshops.Config{BaseURL: "https://homefront.example", Sign: keys.Sign}), keys
}

// phone is a scanner without connection. It knows nothing but a pack, which it has verified, and what it scanned itself.
type phone struct {
	pack  workshops.CheckInPackContents
	by    map[string]workshops.CheckInPackEntry
	here  map[uuid.UUID]bool
	queue []workshops.QueuedScan
	said  []models.ScanResult
	name  string
}

// newPhone verifies a pack with the public keys alone.
func newPhone(t *testing.T, name, jws string, keys *accounts.JWKS) *phone {
	t.Helper()
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		t.Fatal(jws)
	}
	var raw [3][]byte
	for i := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	var header struct {
		Alg, Typ string
		Kid      uuid.UUID
	}
	if err := json.Unmarshal(raw[0], &header); err != nil || header.Alg != "EdDSA" || header.Typ != "check-in-pack+jws" {
		t.Fatalf("%v %+v", err, header)
	}
	i := slices.IndexFunc(keys.Keys, func(k accounts.JWK) bool { return k.KeyID == header.Kid })
	if i < 0 {
		t.Fatal("the key is not among those that are published")
	}
	public, err := base64.RawURLEncoding.DecodeString(keys.Keys[i].X)
	if err != nil || !ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), raw[2]) {
		t.Fatal("the signature is not theirs")
	}
	altered := bytes.Clone(raw[1])
	altered[len(altered)/2] ^= 1
	if ed25519.Verify(public, []byte(parts[0]+"."+base64.RawURLEncoding.EncodeToString(altered)), raw[2]) {
		t.Error("an altered pack passes")
	}
	p := &phone{name: name, by: map[string]workshops.CheckInPackEntry{}, here: map[uuid.UUID]bool{}}
	if err := json.Unmarshal(raw[1], &p.pack); err != nil {
		t.Fatal(err)
	}
	for _, e := range p.pack.Entries {
		p.by[e.CodeSHA256] = e
	}
	return p
}

// scan answers as the documentation says, and keeps the scan.
func (p *phone) scan(code string, at time.Time) models.ScanResult {
	said := p.judge(code, at)
	p.said = append(p.said, said)
	p.queue = append(p.queue, workshops.QueuedScan{Code: code, Nonce: fmt.Sprintf("%s-%04d", p.name, len(p.queue)), ScannedAt: at, Station: p.name})
	return said
}

func (p *phone) judge(code string, at time.Time) models.ScanResult {
	sum := sha256.Sum256([]byte(strings.TrimSpace(code)))
	e, listed := p.by[hex.EncodeToString(sum[:])]
	switch {
	case !listed && p.pack.Complete:
		return models.ScanUnknown
	case !listed:
		return models.ScanSeeStaff
	case e.Answer != models.ScanOK:
		return e.Answer
	case at.Before(p.pack.DoorsFrom), at.After(p.pack.DoorsUntil):
		return models.ScanSeeStaff
	case p.here[e.AttendeeID]:
		return models.ScanAlready
	}
	p.here[e.AttendeeID] = true
	return models.ScanOK
}

// doorRows is all that check-ins leave behind, but for ids, in an order of its own.
func (h *hall) doorRows() (out []string) {
	h.t.Helper()
	h.super(func(c *pgx.Conn) error {
		rows, err := c.Query(context.Background(), `select concat_ws(' ', nonce, attendee_id, result, scanned_at, scanned_by, station, undone_at) from check_ins
			union all select concat_ws(' ', 'attendance', attendee_id, status, source, recorded_by) from attendance order by 1`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return out
}

// Two phones have the pack and no network. Each scans 60 codes, many of them both: good ones, of people who cancelled, wait, have
// a new code, come to another session or workshop, and none of ours at all. Then they send what they have, in any order and at
// once: each person is checked in once, by the earliest scan, for the reasons that the phones gave, and the rows are the same.
func TestTwoPhonesWithoutNetworkAgreeInTheEnd(t *testing.T) {
	h := openHall(t)
	leader := h.person("Dana", true)
	d := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, FacilitatorIDs: []uuid.UUID{leader}, Capacity: number(42)})
	sessions := h.sessionsOf(d.ID, "2")
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	session, other := sessions[0].ID, h.workshop(workshops.NewWorkshop{})
	code := func(r *workshops.RegistrationView) string {
		c, err := h.CheckInCode(h.staff(), r.ID, r.Attendees[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		return c.Code
	}
	book := func(of, who uuid.UUID, session *uuid.UUID) *workshops.RegistrationView {
		return h.register(h.me(who), of, workshops.Register{SessionID: session})
	}
	var good []string
	for _, who := range h.crowd(36) {
		good = append(good, code(book(d.ID, who, &session)))
	}
	want := map[string]models.ScanResult{"https://example.org/menu": models.ScanUnknown, "HF1.AAAA": models.ScanUnknown, strings.Repeat("MENU ", 1000): models.ScanUnknown}
	elsewhere := map[string]bool{}
	for _, who := range h.crowd(3) {
		gone, renewed := book(d.ID, who, &session), book(d.ID, h.person("Rita", false), &session)
		want[code(gone)], want[code(renewed)] = models.ScanCancelled, models.ScanRevoked
		if _, err := h.Cancel(h.me(who), gone.ID, workshops.Cancellation{}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.RenewCheckInCode(h.staff(), renewed.ID, renewed.Attendees[0].ID); err != nil {
			t.Fatal(err)
		}
		want[code(book(d.ID, who, &sessions[1].ID))] = models.ScanWrongWorkshop
		away := code(book(other, who, nil))
		want[away], elsewhere[away] = models.ScanWrongWorkshop, true
	}
	pending := book(d.ID, h.person("Pia", false), &session)
	want[code(pending)] = models.ScanNotConfirmed
	h.exec(`update registrations set state = 'pending_approval', review = '{approval_required}' where id = $1`, pending.ID)

	h.core.Clock.Set(sessions[0].StartsAt.Add(-time.Hour))
	signing, keys := h.signing()
	asLeader, asBoss := h.as(leader, "", models.RoleFacilitator), h.staff()
	pack, err := signing.CheckInPack(asLeader, session)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.JWKS(asLeader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Authenticate(asLeader, pack.JWS); err == nil {
		t.Error("a pack passes for an access token")
	}
	for _, good := range good {
		if strings.Contains(pack.JWS, good) {
			t.Error("a code is in the pack")
		}
	}
	a, b := newPhone(t, "door-a", pack.JWS, set), newPhone(t, "door-b", pack.JWS, set)
	signed, _ := json.Marshal(a.pack)
	if shown, _ := json.Marshal(pack.Contents); !bytes.Equal(signed, shown) {
		t.Error("what was signed is not what is shown")
	}

	bad := make([]string, 0, len(want))
	for c := range want {
		bad = append(bad, c)
	}
	slices.Sort(bad)
	rng := rand.New(rand.NewPCG(5, 24))
	fill := func(p *phone, own []string, begins time.Duration) {
		codes := slices.Concat(own, bad, own[:4], bad[:2])
		rng.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
		for i := range 60 {
			c, at := codes[i%len(codes)], sessions[0].StartsAt.Add(begins+time.Duration(i)*20*time.Second)
			said := p.scan(c, at)
			if reason, known := want[c]; known && said != reason && !(elsewhere[c] && said == models.ScanUnknown) {
				t.Errorf("%s said %s, want %s", p.name, said, reason)
			}
		}
	}
	fill(a, good[:30], -5*time.Minute)              // the last ones are late
	fill(b, good[8:], -5*time.Minute+7*time.Second) // most of them at both doors
	h.core.Clock.Set(sessions[0].EndsAt)

	send := func(s *workshops.Service, ctx context.Context, queue []workshops.QueuedScan) *workshops.SyncedScans {
		var out *workshops.SyncedScans
		err := patiently(func() (err error) {
			out, err = s.SyncCheckIns(ctx, session, workshops.ScanQueue{Scans: queue})
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	replica, _ := h.signing()
	backwards := func(q []workshops.QueuedScan) []workshops.QueuedScan {
		q = slices.Clone(q)
		slices.Reverse(q)
		return q
	}
	orders := map[string]func(){
		"a, b":      func() { send(h.Service, asLeader, a.queue); send(h.Service, asBoss, b.queue) },
		"b, a":      func() { send(h.Service, asBoss, b.queue); send(h.Service, asLeader, a.queue) },
		"backwards": func() { send(h.Service, asBoss, backwards(b.queue)); send(h.Service, asLeader, backwards(a.queue)) },
		"in parts, twice": func() {
			for _, part := range slices.Collect(slices.Chunk(b.queue, 7)) {
				send(h.Service, asBoss, part)
			}
			send(h.Service, asLeader, a.queue[20:])
			send(h.Service, asLeader, a.queue)
			send(h.Service, asBoss, b.queue)
		},
		"at once": func() {
			var all sync.WaitGroup
			for i, queue := range [][]workshops.QueuedScan{a.queue, b.queue, a.queue, backwards(b.queue)} {
				s, ctx := h.Service, h.as(leader, "", models.RoleFacilitator)
				if i%2 == 1 {
					s, ctx = replica, h.staff()
				}
				for part := range slices.Chunk(queue, 9) {
					all.Go(func() { send(s, h.fresh(ctx), part) })
				}
			}
			all.Wait()
		},
	}
	var final []string
	for _, name := range []string{"a, b", "b, a", "backwards", "in parts, twice", "at once"} {
		h.exec(`delete from check_ins`)
		h.exec(`delete from attendance`)
		orders[name]()
		rows := h.doorRows()
		if final == nil {
			final = rows
		}
		if !slices.Equal(rows, final) {
			t.Errorf("%s: the rows are others:\n%s\n\n%s", name, strings.Join(rows, "\n"), strings.Join(final, "\n"))
		}
	}

	// What the phones said was right, but for what the other had scanned before.
	here := map[uuid.UUID]time.Time{}
	for _, p := range []*phone{a, b} {
		ctx := asLeader
		if p == b {
			ctx = asBoss
		}
		got := send(h.Service, ctx, p.queue)
		for i, r := range got.Results {
			if r.Fault != nil || r.Nonce != p.queue[i].Nonce {
				t.Fatalf("%+v", r)
			}
			c := p.queue[i].Code
			if reason, known := want[c]; known {
				if r.Scan.Result != reason {
					t.Errorf("%s, want %s", r.Scan.Result, reason)
				}
				continue
			}
			if p.said[i] == models.ScanAlready && r.Scan.Result != models.ScanAlready || r.Scan.Since == nil || r.Scan.Since.After(p.queue[i].ScannedAt) {
				t.Errorf("%s said %s, and in the end it is %+v", p.name, p.said[i], r.Scan)
			}
			if r.Scan.Result == models.ScanOK {
				if _, twice := here[r.Scan.ID]; twice || !r.Scan.Since.Equal(p.queue[i].ScannedAt) {
					t.Errorf("%+v", r.Scan)
				}
				here[r.Scan.ID] = *r.Scan.Since
			}
		}
	}
	people := map[string]bool{}
	for _, q := range slices.Concat(a.queue, b.queue) {
		if _, bad := want[q.Code]; !bad {
			people[q.Code] = true
		}
	}
	if n := h.count(`select count(*) from check_ins where result = 'ok'`); n != len(people) || n != len(here) || n < 30 {
		t.Errorf("%d are checked in, %d of %d answered ok", n, len(here), len(people))
	}
	late := h.count(`select count(*) from attendance t join check_ins c on c.attendee_id = t.attendee_id and c.result = 'ok' where (t.status = 'late') <> (c.scanned_at > $1)`, sessions[0].StartsAt.Add(15*time.Minute))
	if n := h.count(`select count(*) from attendance`); n != len(people) || late != 0 {
		t.Errorf("%d were there, %d of them at another time than they were scanned", n, late)
	}
}

// fresh is the same caller in a call of its own.
func (h *hall) fresh(ctx context.Context) context.Context {
	call, err := services.CallFrom(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.as(call.Actor.MemberID, "", call.Actor.Roles...)
}
