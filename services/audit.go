package services

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/schema"

	"homefront/models"
)

// auditDraft gathers one use case's row of the audit log while it runs.
type auditDraft struct {
	action    string
	outcome   models.Outcome
	objects   []uuid.UUID
	subjects  []uuid.UUID
	changes   []change
	reason    models.Sealed
	reasonKey *uuid.UUID
}

// change is one row of one table. Values shows only columns of class none; of the others the log keeps the names.
type change struct {
	Table   string            `json:"table"`
	ID      *uuid.UUID        `json:"id,omitempty"`
	Values  map[string][2]any `json:"values,omitempty"`
	Columns []string          `json:"columns,omitempty"`
}

// Changed tells the audit log what became of a row: before is nil for a new one, after is nil for one that is gone.
// It also adds the row to the objects and the members it is about to the subjects.
func (tx *Tx) Changed(before, after models.Model) {
	shown := after
	if isNil(after) {
		shown = before
	}
	columns := columnsOf(shown)
	old, now := valueOf(before), valueOf(after)
	c := change{Table: shown.TableName(), Values: map[string][2]any{}}
	for i := range columns {
		was, is := columns[i].read(old), columns[i].read(now)
		if reflect.DeepEqual(was, is) {
			continue
		}
		if columns[i].class == "none" {
			c.Values[columns[i].name] = [2]any{was, is}
		} else {
			c.Columns = append(c.Columns, columns[i].name)
		}
	}
	tx.entry.changes = append(tx.entry.changes, c)
	last := &tx.entry.changes[len(tx.entry.changes)-1]
	for _, v := range []reflect.Value{now, old} {
		for i := range columns {
			tx.nameIn(&columns[i], v, last)
		}
	}
}

// nameIn adds a row's own id to the objects and its members to the subjects.
func (tx *Tx) nameIn(c *column, row reflect.Value, into *change) {
	if !row.IsValid() || (!c.key && !c.subject) {
		return
	}
	for _, id := range idsOf(row.FieldByIndex(c.index)) {
		if c.key {
			into.ID = &id
			tx.entry.objects = append(tx.entry.objects, id)
		}
		if c.subject {
			tx.entry.subjects = append(tx.entry.subjects, id)
		}
	}
}

// Unchanged tells the audit log that the use case found nothing to change: it was asked for and is told all the same.
func (tx *Tx) Unchanged() {
	if tx.entry.changes == nil {
		tx.entry.changes = []change{}
	}
}

// Refused tells the audit log of an attempt that is turned down, under its own name, and answers err for the use case to
// end with. Whatever it did until then commits: a stolen token ends the session although its bearer is told nothing.
func (tx *Tx) Refused(action string, err *Error) error {
	tx.entry.action, tx.entry.outcome = action, models.OutcomeRefused
	return err
}

// Hidden tells the audit log of an attempt to change what does not exist for the actor, in the same row whether or not it exists for
// others. It comes before anything is written; other errors pass.
func (tx *Tx) Hidden(err error, id uuid.UUID) error {
	var known *Error
	if !errors.As(err, &known) || known.Kind != KindNotFound {
		return err
	}
	tx.entry.objects, tx.entry.subjects, tx.entry.changes = []uuid.UUID{id}, nil, nil
	return tx.Refused(tx.entry.action, known)
}

// unreadable tells the audit log of words that were asked for and do not open, by what they were sealed for: "table:id", or more.
func (tx *Tx) unreadable(record string) {
	table, _, _ := strings.Cut(record, ":")
	tx.entry.changes = append(tx.entry.changes, change{Table: table, Values: map[string][2]any{"unreadable": {nil, record}}})
}

// Reason keeps the words that somebody gave for what they did, sealed under the key of the member they are about.
func (tx *Tx) Reason(member uuid.UUID, words string) error {
	if words == "" {
		return nil
	}
	sealed, key, err := tx.Seal(member, tx.entry.action, 0, words)
	if err != nil {
		return err
	}
	tx.entry.reason, tx.entry.reasonKey = sealed, &key
	return nil
}

// Because is Reason where one must be given. Errors: invalid for a blank one.
func (tx *Tx) Because(member uuid.UUID, words string) error {
	if words = Prose(words); words == "" {
		return InvalidField("/reason", "required", "Say why.")
	}
	return tx.Reason(member, words)
}

func (tx *Tx) writeAudit() error {
	e, a := &tx.entry, tx.call.Actor
	changes, err := json.Marshal(append([]change{}, e.changes...))
	if err != nil {
		return err
	}
	kind := a.Kind
	tx.Queue(`insert into audit_log (id, at, actor_kind, actor_name, account_id, member_id, session_id, roles, action, outcome, objects, subjects, changes, reason, reason_key, request_id, address)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::text::inet)`,
		NewID(), tx.now, string(kind), a.System, optional(a.AccountID), optional(a.MemberID), optional(a.SessionID), roleNames(a.Roles),
		e.action, string(e.outcome), distinct(e.objects), distinct(e.subjects), changes, e.reason, e.reasonKey, tx.call.RequestID, optionalText(tx.call.Address))
	return nil
}

func distinct(ids []uuid.UUID) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		if id != uuid.Nil && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func optionalText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func roleNames(roles []models.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

// column is what the log needs to know of one column of a model.
type column struct {
	name    string
	class   string
	index   []int
	key     bool
	subject bool
}

func (c *column) read(row reflect.Value) any {
	if !row.IsValid() {
		return nil
	}
	v := row.FieldByIndex(c.index)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return v.Interface()
}

var columnCache sync.Map // reflect.Type -> []column

func columnsOf(m models.Model) []column {
	t := reflect.Indirect(reflect.ValueOf(m)).Type()
	if known, ok := columnCache.Load(t); ok {
		return known.([]column)
	}
	columns := walkColumns(t, nil, m.Subjects())
	columnCache.Store(t, columns)
	return columns
}

// ColumnClasses is the privacy tag of every column of a model, by column name.
func ColumnClasses(m models.Model) map[string]string {
	out := map[string]string{}
	t := reflect.Indirect(reflect.ValueOf(m)).Type()
	for _, c := range columnsOf(m) {
		out[c.name] = t.FieldByIndex(c.index).Tag.Get("privacy")
	}
	return out
}

func walkColumns(t reflect.Type, prefix []int, subjects []string) (out []column) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(slices.Clone(prefix), i)
		options := schema.ParseTagSetting(f.Tag.Get("gorm"), ";")
		if _, skip := options["-"]; skip || !f.IsExported() {
			continue
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out = append(out, walkColumns(f.Type, index, subjects)...)
			continue
		}
		name := options["COLUMN"]
		if name == "" {
			name = schema.NamingStrategy{}.ColumnName("", f.Name)
		}
		class, _, _ := strings.Cut(f.Tag.Get("privacy"), ",")
		_, primary := options["PRIMARYKEY"]
		out = append(out, column{name: name, class: class, index: index, key: primary && name == "id", subject: slices.Contains(subjects, name)})
	}
	return out
}

func idsOf(v reflect.Value) []uuid.UUID {
	switch id := v.Interface().(type) {
	case uuid.UUID:
		return []uuid.UUID{id}
	case *uuid.UUID:
		if id != nil {
			return []uuid.UUID{*id}
		}
	case models.IDs:
		return id
	}
	return nil
}

func isNil(m models.Model) bool {
	return m == nil || (reflect.ValueOf(m).Kind() == reflect.Pointer && reflect.ValueOf(m).IsNil())
}

func valueOf(m models.Model) reflect.Value {
	if isNil(m) {
		return reflect.Value{}
	}
	return reflect.Indirect(reflect.ValueOf(m))
}
