package services_test

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"homefront/migrations"
	"homefront/models"
	"homefront/services"
)

// others are the tables of the libraries that we use; they hold ids, counts and job arguments.
var others = []string{"goose_db_version", "river_job", "river_leader", "river_migration", "river_notification", "river_queue"}

var privacyTag = regexp.MustCompile(`^(none|personal|health|confidential|secret),erase=(null|blank|keep|row)$`)

func columns(t *testing.T, url string) map[string][]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `select table_name::text, column_name::text from information_schema.columns
		where table_schema = 'public' and table_name in (select tablename from pg_tables where schemaname = 'public') order by 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	var table, column string
	if _, err := pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		out[table] = append(out[table], column)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryColumnHasAPrivacyClass(t *testing.T) {
	f := open(t)
	byTable := map[string]models.Model{}
	for _, m := range models.All() {
		byTable[m.TableName()] = m
	}
	have := columns(t, f.db.SuperURL)
	for table, names := range have {
		m, ok := byTable[table]
		if !ok {
			if !slices.Contains(others, table) {
				t.Errorf("table %s has no model", table)
			}
			continue
		}
		classes := services.ColumnClasses(m)
		for _, name := range names {
			if !privacyTag.MatchString(classes[name]) {
				t.Errorf("%s.%s has the privacy tag %q", table, name, classes[name])
			}
			delete(classes, name)
		}
		for name := range classes {
			t.Errorf("%s.%s is in the model and not in the database", table, name)
		}
		for _, subject := range m.Subjects() {
			if !slices.Contains(names, subject) {
				t.Errorf("%s names a subject column %s that is not there", table, subject)
			}
		}
		delete(byTable, table)
	}
	for table := range byTable {
		t.Errorf("model %s has no table", table)
	}
}

func TestEveryForeignKeyToMembersIsASubject(t *testing.T) {
	f := open(t)
	conn, err := pgx.Connect(t.Context(), f.db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `select c.conrelid::regclass::text, a.attname::text from pg_constraint c
		join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
		where c.contype = 'f' and c.confrelid = to_regclass('members') and a.attname like '%member_id'`)
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string][]string{}
	for _, m := range models.All() {
		subjects[m.TableName()] = m.Subjects()
	}
	var table, column string
	if _, err := pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		if !slices.Contains(subjects[table], column) && !strings.HasPrefix(column, "entered_by") {
			t.Errorf("%s.%s points at a member and is no subject of its model", table, column)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestRiverSchemaIsThatOfItsModule(t *testing.T) {
	f := open(t)
	migrator, err := rivermigrate.New(riverpgxv5.New(f.Writes()), nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := migrator.Validate(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !result.OK {
		t.Errorf("the queue's schema is behind go.mod: %v", result.Messages)
	}
}

func TestEveryPermissionIsUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range services.Permissions() {
		if seen[p.Name] || p.Means == "" || len(p.Roles) == 0 {
			t.Errorf("permission %q is declared twice or says nothing", p.Name)
		}
		seen[p.Name] = true
	}
}

// Every use case writes to the log, and stands still while an index on it is built in the usual way.
func TestTheLogIsIndexedWithoutStoppingIt(t *testing.T) {
	files, err := fs.Glob(migrations.Files, "00[2-9]*.sql")
	if err != nil || len(files) < 9 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "CREATE") && strings.Contains(line, " INDEX ") && strings.Contains(line, " ON audit_log ") && !strings.Contains(line, " CONCURRENTLY ") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
	f := open(t)
	var valid bool
	if err := f.Writes().QueryRow(t.Context(), `select indisvalid from pg_index where indexrelid = 'audit_log_of_reason_key'::regclass`).Scan(&valid); err != nil || !valid {
		t.Errorf("the index is of no use: %v", err)
	}
}
