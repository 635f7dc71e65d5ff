package accounts

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	ID        uuid.UUID                 `json:"id"`
	At        time.Time                 `json:"at"`
	ActorKind models.ActorKind          `json:"actor_kind" enum:"account,system,anonymous"`
	ActorName string                    `json:"actor_name" doc:"Name of the job when the system itself acted" example:""`
	AccountID *uuid.UUID                `json:"account_id" nullable:"true" doc:"Who acted"`
	MemberID  *uuid.UUID                `json:"member_id" nullable:"true"`
	SessionID *uuid.UUID                `json:"session_id" nullable:"true"`
	Roles     models.Texts[models.Role] `json:"roles" nullable:"false" doc:"The roles they held"`
	Action    string                    `json:"action" example:"registration.create"`
	Outcome   models.Outcome            `json:"outcome" enum:"done,read,not_found,refused"`
	Objects   models.IDs                `json:"objects" nullable:"false" doc:"Ids of the records acted on"`
	Subjects  models.IDs                `json:"subjects" nullable:"false" doc:"Ids of the members they are about"`
	Changes   AuditChanges              `json:"changes" nullable:"false" doc:"What changed, record by record"`
	RequestID string                    `json:"request_id" example:"0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001"`
	Address   *string                   `json:"address" doc:"Network address of the call" example:"203.0.113.7"`
}

// AuditChanges are the changed records of one use case.
type AuditChanges []AuditChange

// AuditChange is one changed record. Values are shown of columns that hold no personal data; of the others, the names.
type AuditChange struct {
	Table   string       `json:"table" example:"registrations"`
	ID      *uuid.UUID   `json:"id,omitempty" required:"false"`
	Values  []AuditValue `json:"values" nullable:"false" doc:"Columns with what they held before and after"`
	Columns []string     `json:"columns" nullable:"false" doc:"Columns that changed and whose values are not kept"`
}

// AuditValue is one column that changed.
type AuditValue struct {
	Column string  `json:"column" example:"status"`
	Before *string `json:"before" doc:"Text as it is, anything else as JSON; null where there was nothing" example:"active"`
	After  *string `json:"after" example:"suspended"`
}

// Scan implements sql.Scanner: it reads the changes as Mutate writes them.
func (c *AuditChanges) Scan(src any) error {
	text, ok := src.(string)
	if b, isBytes := src.([]byte); isBytes {
		text, ok = string(b), true
	}
	if !ok {
		return fmt.Errorf("audit changes: cannot read %T", src)
	}
	var stored []struct {
		Table   string                        `json:"table"`
		ID      *uuid.UUID                    `json:"id"`
		Values  map[string][2]json.RawMessage `json:"values"`
		Columns []string                      `json:"columns"`
	}
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return err
	}
	*c = AuditChanges{}
	for _, in := range stored {
		out := AuditChange{Table: in.Table, ID: in.ID, Values: []AuditValue{}, Columns: append([]string{}, in.Columns...)}
		for _, column := range slices.Sorted(maps.Keys(in.Values)) {
			out.Values = append(out.Values, AuditValue{column, shown(in.Values[column][0]), shown(in.Values[column][1])})
		}
		*c = append(*c, out)
	}
	return nil
}

// shown is a stored value as text, nil for null.
func shown(raw json.RawMessage) *string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	text := string(raw)
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		text = plain
	}
	return &text
}

// Value implements driver.Valuer, without which GORM takes the field for a relation.
func (c AuditChanges) Value() (driver.Value, error) {
	b, err := json.Marshal(c)
	return string(b), err
}

// AuditFilter narrows the audit log.
type AuditFilter struct {
	Actor   uuid.UUID        `query:"actor" doc:"Account or member id of who acted"`
	Action  []string         `query:"action,explode" maxItems:"20" maxLength:"60" doc:"Repeated, any of them" example:"account.change"`
	Object  uuid.UUID        `query:"object" doc:"Id of a record acted on"`
	Subject uuid.UUID        `query:"subject" doc:"Id of a member it is about"`
	Outcome []models.Outcome `query:"outcome,explode" maxItems:"4" enum:"done,read,not_found,refused"`
	From    time.Time        `query:"at_gte" doc:"From this moment on"`
	Until   time.Time        `query:"at_lt" doc:"Before this moment"`
	services.PageQuery
}

var auditList = services.List[AuditEntry]{
	IDColumn: "id",
	ID:       func(e AuditEntry) uuid.UUID { return e.ID },
	Sorts:    []services.Sort[AuditEntry]{{Name: "at", Column: "at", Cast: "timestamptz", Key: func(e AuditEntry) any { return e.At }}},
	Default:  "-at",
}

// withoutKin leaves out what people close to whoever reads did, and what was done about them: a father who is an admin would
// learn of the mother's bookings. His own acts he sees, whomever they are about. Of separations a party learns nothing here
// either, nor of the tasks that colleagues have about them; nor does who looks after no separations.
func withoutKin(a *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		on := models.DateOf(now)
		return db.Where(`(member_id = ? or (member_id is null or member_id not in (select kin_of(?, ?))) and not subjects && array(select kin_of(?, ?))
			and not (subjects @> array[cast(? as uuid)] and (action like 'separation.%' or action like 'task.%' or changes @> '[{"table": "member_holds"}]'))
			and (? or action not like 'separation.%'))`, a.MemberID, a.MemberID, on, a.MemberID, on, a.MemberID, a.Coordinates())
	}
}

// AuditLog reads who did what. Reading it is written to it, with what was looked for.
func (s *Service) AuditLog(ctx context.Context, in AuditFilter) (services.Page[AuditEntry], error) {
	return services.Disclose(ctx, s.core, "audit.read", func(d *services.Disclosure) (services.Page[AuditEntry], error) {
		d.Object(in.Actor, in.Object)
		d.Subject(in.Subject)
		q := d.DB.Table("audit_log").Scopes(withoutKin(d.Tx().Actor(), s.core.Clock.Now())).Select(`id, at, actor_kind, actor_name, account_id, member_id, session_id, roles, action, outcome, objects, subjects, changes,
			request_id, host(address) as address`)
		if in.Actor != uuid.Nil {
			q = q.Where("account_id in (select cast(? as uuid) union all select id from accounts where member_id = ?)", in.Actor, in.Actor)
		}
		if len(in.Action) > 0 {
			q = q.Where("action in ?", in.Action)
		}
		if in.Object != uuid.Nil {
			q = q.Where("objects @> cast(? as uuid[])", models.IDs{in.Object})
		}
		if in.Subject != uuid.Nil {
			q = q.Where("subjects @> cast(? as uuid[])", models.IDs{in.Subject})
		}
		if len(in.Outcome) > 0 {
			q = q.Where("outcome in ?", in.Outcome)
		}
		if !in.From.IsZero() {
			q = q.Where("at >= ?", in.From)
		}
		if !in.Until.IsZero() {
			q = q.Where("at < ?", in.Until)
		}
		return auditList.Find(ctx, s.core, q, in.PageQuery)
	})
}
