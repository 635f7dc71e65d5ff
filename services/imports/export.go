package imports

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// ExportMembers says whom to take out, and what of them.
type ExportMembers struct {
	Format  string          `json:"format" enum:"csv,xlsx"`
	Columns []string        `json:"columns,omitempty" maxItems:"30" uniqueItems:"true" enum:"id,given_name,family_name,preferred_name,pronouns,birth_date,gender,kinds,status,email,phone,address_line1,address_line2,city,region,postal_code,country,language,time_zone,referral_source,tags,created_at,updated_at" doc:"In this order; names, kinds, status, e-mail and telephone when absent"`
	Filter  models.Criteria `json:"filter,omitzero" required:"false" doc:"As in the list of members"`
}

var usualColumns = []string{"given_name", "family_name", "preferred_name", "kinds", "status", "email", "phone"}

// File is what was taken out: whoever gets it closes it, which frees the disk.
type File struct {
	io.ReadCloser
	Name        string
	ContentType string
	Size        int
	Rows        int
}

// exports bounds how often one account takes people out.
var exports = services.Limit{Name: "member.export", Every: 5 * time.Minute, Burst: 5}

// staleExport is when an export that never ended no longer stands in the way: its server died.
const staleExport = 10 * time.Minute

// maxExport is how many people one file holds: what a spreadsheet program opens.
const maxExport = 1_000_000

// Export takes members out into a file. The log tells of it, by filter and number, before the first of them is read. Own
// and relatives' records are left to colleagues and absent, and so are restricted ones; health data, notes and separations
// are never in it. Errors: conflict export_running; too_many; invalid too_many_rows.
func (s *Service) Export(ctx context.Context, in ExportMembers) (*File, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, exports, actor.AccountID.String()); err != nil {
		return nil, err
	}
	if len(in.Columns) == 0 {
		in.Columns = usualColumns
	}
	e, err := s.announce(ctx, actor, in)
	if err != nil {
		return nil, err
	}
	f, err := s.fill(ctx, actor, e, in)
	return f, errors.Join(err, s.finish(ctx, e.ID))
}

// announce commits the row that says what is about to be taken out.
func (s *Service) announce(ctx context.Context, actor *services.Actor, in ExportMembers) (*models.Export, error) {
	return services.Disclose(ctx, s.core, "member.export", func(d *services.Disclosure) (*models.Export, error) {
		tx := d.Tx()
		err := tx.DB.Exec(`update exports set finished_at = ? where created_by = ? and finished_at is null and created_at < ?`, tx.Now(), actor.MemberID, tx.Now().Add(-staleExport)).Error
		if err != nil {
			return nil, err
		}
		e := &models.Export{ID: services.NewID(), CreatedAt: tx.Now(), CreatedBy: actor.MemberID, Format: in.Format, Columns: in.Columns, Filter: asJSON(in.Filter)}
		var n int64
		if err := people.Listed(tx.DB, actor, tx.Now(), in.Filter).Count(&n).Error; err != nil {
			return nil, err
		}
		if e.Rows = int(n); n > maxExport {
			return nil, services.InvalidField("/filter", "too_many_rows", "These are %d people, and a file holds %d. Choose a filter.", n, maxExport)
		}
		tx.Changed(nil, *e)
		return e, tx.DB.Create(e).Error
	})
}

// finish lets the next export of the same person begin. It has a context of its own: the person may have hung up.
func (s *Service) finish(ctx context.Context, id uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := services.Mutate(services.AsSystem(ctx, "export.finish"), s.core, "export.finish", func(tx *services.Tx) (struct{}, error) {
		tx.Object(id)
		tx.Unchanged()
		return struct{}{}, tx.DB.Exec(`update exports set finished_at = ? where id = ?`, tx.Now(), id).Error
	})
	return err
}

// exported is one member with the key of the order.
type exported struct {
	models.Member `gorm:"embedded"`
	SortName      string
}

// perPage is how many members are held in memory at once.
const perPage = 1_000

// disclosePart reads a part of what is taken out, and commits the line that names whose it is before any of it is written. It is a
// call of its own: the request has told of the whole already.
func disclosePart(ctx context.Context, core *services.Core, actor *services.Actor, export uuid.UUID, read func(*gorm.DB) ([]exported, error)) ([]exported, error) {
	own := &services.Call{Actor: actor}
	if call, err := services.CallFrom(ctx); err == nil {
		own.RequestID, own.Address = call.RequestID, call.Address
	}
	return services.Disclose(services.WithCall(ctx, own), core, "export.read", func(d *services.Disclosure) ([]exported, error) {
		d.Object(export)
		rows, err := read(d.DB)
		for i := range rows {
			d.Subject(rows[i].ID)
		}
		return rows, err
	})
}

// fill writes the file, page by page, to a temporary place that has no name any more.
func (s *Service) fill(ctx context.Context, actor *services.Actor, e *models.Export, in ExportMembers) (_ *File, err error) {
	at, err := os.CreateTemp("", "homefront-export-*")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = at.Close()
		}
	}()
	if err := os.Remove(at.Name()); err != nil {
		return nil, err
	}
	w, err := newTable(in.Format, at)
	if err != nil {
		return nil, err
	}
	defer w.discard()
	if err := w.row(in.Columns); err != nil {
		return nil, err
	}
	f := &File{ReadCloser: at, Name: "members-" + e.CreatedAt.UTC().Format(time.DateOnly) + "." + in.Format, ContentType: contentTypes[in.Format]}
	for name, id := "", uuid.Nil; ; {
		page, err := disclosePart(ctx, s.core, actor, e.ID, func(db *gorm.DB) ([]exported, error) {
			q := people.Listed(db, actor, e.CreatedAt, in.Filter).Select("members.*, folded(members.family_name || ' ' || members.given_name) AS sort_name")
			if id != uuid.Nil {
				q = q.Where("(folded(members.family_name || ' ' || members.given_name), members.id) > (?::text, ?::uuid)", name, id)
			}
			return services.Rows[exported](q.Order("folded(members.family_name || ' ' || members.given_name), members.id"), perPage)
		})
		if err != nil {
			return nil, err
		}
		for n := range page {
			if err := w.row(cellsOf(&page[n].Member, in.Columns)); err != nil {
				return nil, err
			}
		}
		if f.Rows += len(page); len(page) < perPage || f.Rows >= maxExport {
			break
		}
		name, id = page[len(page)-1].SortName, page[len(page)-1].ID
	}
	if err := w.end(); err != nil {
		return nil, err
	}
	size, err := at.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	f.Size = int(size)
	_, err = at.Seek(0, io.SeekStart)
	return f, err
}

func cellsOf(m *models.Member, columns []string) []string {
	out := make([]string, len(columns))
	for n, column := range columns {
		out[n] = cellOf(m, column)
	}
	return out
}

func cellOf(m *models.Member, column string) string {
	switch column {
	case "id":
		return m.ID.String()
	case "given_name":
		return m.GivenName
	case "family_name":
		return m.FamilyName
	case "preferred_name":
		return value(m.PreferredName)
	case "pronouns":
		return value(m.Pronouns)
	case "birth_date":
		if m.BirthDate != nil {
			return m.BirthDate.String()
		}
	case "gender":
		if m.Gender != nil {
			return string(*m.Gender)
		}
	case "kinds":
		return joined(m.Kinds)
	case "status":
		return string(m.Status)
	case "email":
		return value(m.Email)
	case "phone":
		return value(m.Phone)
	case "address_line1":
		return m.AddressLine1
	case "address_line2":
		return m.AddressLine2
	case "city":
		return m.City
	case "region":
		return m.Region
	case "postal_code":
		return m.PostalCode
	case "country":
		return m.Country
	case "language":
		return m.Language
	case "time_zone":
		return m.TimeZone
	case "referral_source":
		return value(m.ReferralSource)
	case "tags":
		return joined(m.Tags)
	case "created_at":
		return m.CreatedAt.UTC().Format(time.RFC3339)
	case "updated_at":
		return m.UpdatedAt.UTC().Format(time.RFC3339)
	}
	return ""
}

func joined[T ~string](in models.Texts[T]) string {
	words := make([]string, len(in))
	for n, v := range in {
		words[n] = string(v)
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}
