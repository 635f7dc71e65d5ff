package forms_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// builder is somebody who builds forms.
type builder struct {
	*desk
	cora soul
}

func openBuilder(t *testing.T) *builder {
	d := openDesk(t)
	return &builder{desk: d, cora: d.person("Cora Diaz", "1980-01-01", models.RoleCoordinator)}
}

func (b *builder) new(title string, purpose models.FormPurpose, fields ...models.FormField) *forms.FormView {
	b.Helper()
	v, err := b.Create(b.as(b.cora), forms.NewForm{Title: title, Purpose: purpose, Fields: fields})
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *builder) publish(id uuid.UUID) *forms.FormVersionView {
	b.Helper()
	v, err := b.Publish(b.as(b.cora), id)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func conflict(t testing.TB, err error, code services.Code) {
	t.Helper()
	if !errors.Is(err, &services.Error{Kind: services.KindConflict, Code: code}) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func missing(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, &services.Error{Kind: services.KindNotFound, Code: services.CodeNotFound}) {
		t.Errorf("got %v, want not_found", err)
	}
}

var seat = models.FormField{Key: "seat", Type: models.FieldText, Label: "Where would you like to sit?"}

// From the first draft to the next version, and what each may be.
func TestVersionsOfAForm(t *testing.T) {
	b := openBuilder(t)
	luis := b.person("Luis Ortega", "1984-03-17")
	f := b.new("Before we meet", models.FormIntake)
	if f.Draft == nil || f.Draft.Number != 1 || f.Draft.FieldCount != 0 || f.Current != nil {
		t.Fatalf("%+v", f)
	}
	_, err := b.Publish(b.as(b.cora), f.Draft.ID)
	if got := codes(t, err); strings.Join(got, "|") != "/fields empty" {
		t.Errorf("%v", got)
	}
	_, err = b.Version(b.as(luis), f.Draft.ID)
	missing(t, err)
	_, err = b.Current(b.as(luis), f.ID)
	missing(t, err)

	edited, err := b.UpdateVersion(b.as(b.cora, matching(1)), f.Draft.ID, forms.PatchFormVersion{Fields: services.Some(models.FormFields{seat})})
	if err != nil || edited.Version != 2 || len(edited.Fields) != 1 || edited.Schema["$schema"] == nil {
		t.Fatal(edited, err)
	}
	_, err = b.UpdateVersion(b.as(b.cora, matching(1)), f.Draft.ID, forms.PatchFormVersion{})
	if !errors.Is(err, &services.Error{Kind: services.KindStale, Code: services.CodeStale}) {
		t.Error(err)
	}
	_, err = b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{})
	conflict(t, err, "draft_exists")

	published := b.publish(f.Draft.ID)
	if published.PublishedAt == nil || *published.PublishedBy != b.cora.member {
		t.Errorf("%+v", published)
	}
	seen, err := b.Version(b.as(luis), f.Draft.ID)
	if err != nil || seen.PublishedBy != nil || seen.Title != "Before we meet" || seen.Fields[0].Label != seat.Label {
		t.Errorf("%+v %v", seen, err)
	}
	_, err = b.UpdateVersion(b.as(b.cora, matching(3)), f.Draft.ID, forms.PatchFormVersion{Fields: services.Some(models.FormFields{})})
	conflict(t, err, "version_published")
	conflict(t, b.DeleteVersion(b.as(b.cora, matching(3)), f.Draft.ID), "version_published")
	_, err = b.Publish(b.as(b.cora), f.Draft.ID)
	conflict(t, err, "version_published")

	next, err := b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{})
	if err != nil || next.Number != 2 || len(next.Fields) != 1 || next.PublishedAt != nil || next.Schema["properties"] == nil {
		t.Fatal(next, err)
	}
	if now, err := b.Current(b.as(luis), f.ID); err != nil || now.Number != 1 {
		t.Error("a draft is asked", now, err)
	}
	if err := b.DeleteVersion(b.as(b.cora, matching(1)), next.ID); err != nil {
		t.Fatal(err)
	}
	_, err = b.Version(b.as(b.cora), next.ID)
	missing(t, err)
	next, err = b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{Fields: &models.FormFields{seat, {Key: "bus", Type: models.FieldYesNo, Label: "Do you come by bus?"}}})
	if err != nil || next.Number != 2 {
		t.Fatal(next, err)
	}
	b.publish(next.ID)
	if now, err := b.Current(b.as(luis), f.ID); err != nil || now.Number != 2 || len(now.Fields) != 2 {
		t.Error(now, err)
	}
	if old, err := b.Version(b.as(luis), f.Draft.ID); err != nil || len(old.Fields) != 1 {
		t.Error("what was answered before is gone", old, err)
	}
	page, err := b.Versions(b.as(b.cora), f.ID, services.PageQuery{Limit: 1, Count: true})
	if err != nil || len(page.Data) != 1 || page.Data[0].Number != 2 || page.Data[0].FieldCount != 2 || page.NextCursor == nil || *page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
	if got, err := b.Get(b.as(b.cora), f.ID); err != nil || got.Current.Number != 2 || got.Draft != nil {
		t.Errorf("%+v %v", got, err)
	}
}

// The database itself keeps what is published, and whoever merges two members may name another publisher alone.
func TestPublishedVersionsAreFinalInTheDatabase(t *testing.T) {
	b := openBuilder(t)
	f := b.new("Before we meet", models.FormIntake, seat)
	b.publish(f.Draft.ID)
	other := b.person("Dan Whit", "1980-01-01", models.RoleCoordinator)
	for sql, want := range map[string]bool{
		"update form_versions set fields = '[]' where id = $1":                                                           false,
		"update form_versions set schema = '{}' where id = $1":                                                           false,
		"update form_versions set number = 9 where id = $1":                                                              false,
		"update form_versions set published_at = null, published_by = null where id = $1":                                false,
		"delete from form_versions where id = $1":                                                                        false,
		"update form_versions set published_by = '" + other.member.String() + "' where id = $1":                          true,
		"update form_versions set published_by = published_by, fields = fields, updated_at = published_at where id = $1": true,
	} {
		b.sql(func(c *pgx.Conn) error {
			_, err := c.Exec(context.Background(), sql, f.Draft.ID)
			var pg *pgconn.PgError
			if (err == nil) != want || err != nil && (!errors.As(err, &pg) || pg.ConstraintName != "form_versions_final") {
				t.Errorf("%s: %v", sql, err)
			}
			return nil
		})
	}
}

// Many publish one draft, edit it and begin the next at once: one of each wins, and nothing is lost.
func TestPublishRace(t *testing.T) {
	b := openBuilder(t)
	f := b.new("Before we meet", models.FormIntake, seat)
	var group sync.WaitGroup
	results := make(chan error, 30)
	for i := range 30 {
		group.Go(func() {
			var err error
			switch i % 3 {
			case 0:
				_, err = b.Publish(b.as(b.cora), f.Draft.ID)
			case 1:
				_, err = b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{})
			default:
				_, err = b.UpdateVersion(b.as(b.cora, func(c *services.Call) { c.Method, c.IfMatch = "PATCH", "*" }), f.Draft.ID, forms.PatchFormVersion{})
			}
			results <- err
		})
	}
	group.Wait()
	close(results)
	for err := range results {
		var e *services.Error
		if err != nil && (!errors.As(err, &e) || e.Code != "version_published" && e.Code != "draft_exists") {
			t.Error(err)
		}
	}
	if n := b.count("select count(*) from audit_log where action = 'form_version.publish' and outcome = 'done'"); n != 1 {
		t.Errorf("published %d times", n)
	}
	if n := b.count("select count(*) from form_versions where form_id = $1 and published_at is not null", f.ID); n != 1 {
		t.Errorf("%d are published", n)
	}
	if n := b.count("select count(*) from form_versions where form_id = $1", f.ID); n > 2 {
		t.Errorf("%d versions", n)
	}
}

func TestCloneAndArchive(t *testing.T) {
	b := openBuilder(t)
	f := b.new("Before we meet", models.FormIntake, seat)
	b.publish(f.Draft.ID)
	if _, err := b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{Fields: &models.FormFields{seat, {Key: "bus", Type: models.FieldYesNo, Label: "Do you come by bus?"}}}); err != nil {
		t.Fatal(err)
	}
	copied, err := b.Clone(b.as(b.cora), f.ID, forms.CloneForm{Purpose: models.FormRegistration})
	if err != nil || copied.Title != "Before we meet (copy)" || *copied.ClonedFrom != f.ID || copied.Purpose != models.FormRegistration || copied.Draft.FieldCount != 2 || copied.Current != nil {
		t.Fatalf("%+v %v", copied, err)
	}

	program := services.NewID()
	b.exec(`insert into programs (id, version, created_at, updated_at, name, slug, status, time_zone, intake_form_id) values ($1, 1, $2, $2, 'Family Awareness', 'family', 'active', 'America/New_York', $3)`, program, morning, f.ID)
	_, err = b.Archive(b.as(b.cora), f.ID)
	conflict(t, err, "form_in_use")
	if !strings.Contains(err.Error(), "the program Family Awareness") {
		t.Error(err)
	}
	b.exec(`update programs set status = 'completed', closed_at = $2 where id = $1`, program, morning)
	if v, err := b.Archive(b.as(b.cora), f.ID); err != nil || v.ArchivedAt == nil {
		t.Fatal(v, err)
	}
	_, err = b.Archive(b.as(b.cora), f.ID)
	conflict(t, err, "already_archived")
	_, err = b.Publish(b.as(b.cora), mustGet(t, b, f.ID).Draft.ID)
	conflict(t, err, "form_archived")
	if _, err := b.Clone(b.as(b.cora), f.ID, forms.CloneForm{Title: "Again"}); err != nil {
		t.Error(err)
	}
	if got := b.titles(forms.FormFilter{Archived: true}); got != "Before we meet" {
		t.Error(got)
	}
	if got := b.titles(forms.FormFilter{Q: "BEFÓRE"}); got != "Before we meet (copy)" {
		t.Error(got)
	}
	if got := b.titles(forms.FormFilter{Purpose: []models.FormPurpose{models.FormIntake}}); got != "Again" {
		t.Error(got)
	}
	if v, err := b.Restore(b.as(b.cora), f.ID); err != nil || v.ArchivedAt != nil {
		t.Fatal(v, err)
	}
	_, err = b.Restore(b.as(b.cora), f.ID)
	conflict(t, err, "not_archived")
}

func mustGet(t *testing.T, b *builder, id uuid.UUID) *forms.FormView {
	t.Helper()
	v, err := b.Get(b.as(b.cora), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (b *builder) titles(f forms.FormFilter) string {
	b.Helper()
	f.Limit = 10
	page, err := b.List(b.as(b.cora), f)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, v := range page.Data {
		out = append(out, v.Title)
	}
	return strings.Join(out, ", ")
}

// What stands against choosing a form for a program or a workshop; and a form that is being chosen is not archived meanwhile.
func TestCheckChosen(t *testing.T) {
	b := openBuilder(t)
	ready, draft, away := b.new("Ready", models.FormIntake, seat), b.new("Draft", models.FormIntake, seat), b.new("Away", models.FormIntake, seat)
	b.publish(ready.Draft.ID)
	b.publish(away.Draft.ID)
	if _, err := b.Archive(b.as(b.cora), away.ID); err != nil {
		t.Fatal(err)
	}
	unknown := services.NewID()
	for _, c := range []struct {
		id      *uuid.UUID
		purpose models.FormPurpose
		want    services.Code
	}{{nil, models.FormIntake, ""}, {&ready.ID, models.FormIntake, ""}, {&ready.ID, models.FormRegistration, "wrong_purpose"}, {&draft.ID, models.FormIntake, "form_not_published"}, {&away.ID, models.FormIntake, "form_archived"}, {&unknown, models.FormIntake, "unknown_form"}} {
		got, err := services.Mutate(b.as(b.cora), b.core, "test.choose", func(tx *services.Tx) ([]services.FieldError, error) {
			tx.Unchanged()
			wrong, err := forms.CheckChosen(tx, "/intake_form_id", c.id, c.purpose)
			if c.id == &ready.ID {
				b.sql(func(conn *pgx.Conn) error { // as Archive locks it
					_, err := conn.Exec(context.Background(), "select from forms where id = $1 for no key update nowait", ready.ID)
					var pg *pgconn.PgError
					if !errors.As(err, &pg) || pg.Code != "55P03" {
						t.Errorf("it can be archived meanwhile: %v", err)
					}
					return nil
				})
			}
			return wrong, err
		})
		if err != nil {
			t.Fatal(err)
		}
		if (c.want == "") != (len(got) == 0) || len(got) == 1 && (got[0].Code != c.want || got[0].Field != "/intake_form_id") {
			t.Errorf("%v: %v", c, got)
		}
	}
}

// The audit log tells titles and questions, and leaves the schema out, which follows from them.
func TestBuildingIsAudited(t *testing.T) {
	b := openBuilder(t)
	b.new("Before we meet", models.FormIntake, seat)
	var changes string
	b.sql(func(c *pgx.Conn) error {
		return c.QueryRow(context.Background(), "select changes::text from audit_log where action = 'form.create'").Scan(&changes)
	})
	if !strings.Contains(changes, "Before we meet") || !strings.Contains(changes, seat.Label) || strings.Contains(changes, "additionalProperties") {
		t.Error(changes)
	}
}

// Facilitators see who comes to workshops, and nothing of an intake: alone they are no readers of one.
func TestAQuestionHasAReader(t *testing.T) {
	b := openBuilder(t)
	led := seat
	led.Readers = []models.Role{models.RoleFacilitator}
	b.new("Before you come", models.FormRegistration, led)
	_, err := b.Create(b.as(b.cora), forms.NewForm{Title: "Before we meet", Purpose: models.FormIntake, Fields: models.FormFields{led}})
	if got := strings.Join(codes(t, err), "|"); got != "/fields/0/readers no_reader" {
		t.Error(got)
	}
	f := b.new("Before we meet", models.FormIntake, seat)
	_, err = b.UpdateVersion(b.as(b.cora, matching(1)), f.Draft.ID, forms.PatchFormVersion{Fields: services.Some(models.FormFields{led})})
	if got := strings.Join(codes(t, err), "|"); got != "/fields/0/readers no_reader" {
		t.Error(got)
	}
	b.publish(f.Draft.ID)
	_, err = b.AddVersion(b.as(b.cora), f.ID, forms.NewFormVersion{Fields: &models.FormFields{led}})
	if got := strings.Join(codes(t, err), "|"); got != "/fields/0/readers no_reader" {
		t.Error(got)
	}
}

// What somebody else changed since is not published for good by whoever has not read it.
func TestPublishingHeedsTheETag(t *testing.T) {
	b := openBuilder(t)
	f := b.new("Before we meet", models.FormIntake, seat)
	_, err := b.UpdateVersion(b.as(b.cora, matching(1)), f.Draft.ID, forms.PatchFormVersion{Fields: services.Some(models.FormFields{seat, {Key: "else", Type: models.FieldText, Label: "Anything else?"}})})
	b.ok(err)
	_, err = b.Publish(b.as(b.cora, matching(1)), f.Draft.ID)
	b.want(err, services.CodeStale)
	_, err = b.Publish(b.as(b.cora, matching(2)), f.Draft.ID)
	b.ok(err)
}
