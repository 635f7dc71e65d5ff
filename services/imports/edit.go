package imports

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// PatchImport is what can be changed of an import before anything is written.
type PatchImport struct {
	Mapping        services.Field[[]ColumnField]       `json:"mapping,omitzero" required:"false" maxItems:"200" doc:"Columns to be read as something else than guessed; those not named stay"`
	DateOrder      services.Field[DateOrder]           `json:"date_order,omitzero" required:"false" enum:"mdy,dmy,ymd"`
	Country        services.Field[string]              `json:"country,omitzero" required:"false" maxLength:"2"`
	TimeZone       services.Field[string]              `json:"time_zone,omitzero" required:"false" maxLength:"64"`
	Language       services.Field[string]              `json:"language,omitzero" required:"false" maxLength:"35"`
	Tag            services.Field[string]              `json:"tag,omitzero" required:"false" maxLength:"40"`
	ReferralSource services.Field[string]              `json:"referral_source,omitzero" required:"false" maxLength:"120"`
	Kind           services.Field[models.Kind]         `json:"kind,omitzero" required:"false" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter"`
	Status         services.Field[models.MemberStatus] `json:"status,omitzero" required:"false" enum:"prospective,active"`
	Update         services.Field[UpdatePolicy]        `json:"update,omitzero" required:"false" enum:"fill_blanks,overwrite"`
	SkipBadCells   services.Field[bool]                `json:"skip_bad_cells,omitzero" required:"false"`
}

// ColumnField says what one column is read as.
type ColumnField struct {
	Column string `json:"column" pattern:"^[A-Z]{1,3}$" doc:"The column's letter" example:"C"`
	Field  string `json:"field" maxLength:"30" doc:"One of the fields; empty leaves the column out" example:"birth_date"`
}

// Get answers an import. Errors: not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*ImportView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*ImportView, error) {
		i, err := find(db, actor, id)
		if err != nil {
			return nil, err
		}
		return view(db, i)
	})
}

// Filter picks imports of the list.
type Filter struct {
	services.PageQuery
	Status []models.ImportStatus `query:"status,explode" maxItems:"10" enum:"uploaded,checking,checked,running,paused,done,failed,rolling_back,rolled_back,cancelled" doc:"Only of these statuses"`
}

var list = services.List[models.Import]{
	IDColumn: "imports.id",
	ID:       func(i models.Import) uuid.UUID { return i.ID },
	Sorts:    []services.Sort[models.Import]{{Name: "created_at", Column: "imports.created_at", Cast: "timestamptz", Key: func(i models.Import) any { return i.CreatedAt }}},
	Default:  "-created_at",
}

// List pages through one's own imports; admins see all. Errors: those of a list.
func (s *Service) List(ctx context.Context, f Filter) (*services.Page[models.Import], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.Import], error) {
		q := db.Model(&models.Import{}).Scopes(visible(actor))
		if len(f.Status) > 0 {
			q = q.Where("imports.status IN ?", f.Status)
		}
		page, err := list.Find(ctx, s.core, q, f.PageQuery)
		return &page, err
	})
}

// Update changes what columns are read as, and the options. What was checked must be checked again. Errors: not_found;
// stale; conflict import_state once anything was or is being written; invalid unknown_column, unknown_field,
// mapped_twice, never_kept and the options' own.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in PatchImport) (*ImportView, error) {
	return services.Mutate(ctx, s.core, "import.update", func(tx *services.Tx) (*ImportView, error) {
		i, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(i.Version); err != nil {
			return nil, err
		}
		if !i.Status.Editable() {
			return nil, wrongState(i)
		}
		before := *i
		if err := in.apply(i); err != nil {
			return nil, err
		}
		i.Version, i.Status, i.Handled = i.Version+1, models.ImportUploaded, 0
		if err := forgetFates(tx, i.ID); err != nil {
			return nil, err
		}
		if err := store(tx, before, i); err != nil {
			return nil, err
		}
		return view(tx.DB, i)
	})
}

// forgetFates makes unchecked rows of rows that were checked under other options.
func forgetFates(tx *services.Tx, id uuid.UUID) error {
	return tx.DB.Exec(`update import_rows set fate = null, errors = '[]', changes = '{}', matches = '[]', score = 0, match_id = null, decision = null, why = ''
		where import_id = ? and fate is not null`, id).Error
}

func wrongState(i *models.Import) error {
	return services.Conflict("import_state", "The import is %s: this cannot be done with it now.", strings.ReplaceAll(string(i.Status), "_", " "))
}

func (in PatchImport) apply(i *models.Import) error {
	var wrong []services.FieldError
	add := func(field string, code services.Code, message string) {
		wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
	}
	columns, err := columnsOf(i)
	if err != nil {
		return err
	}
	for n, c := range in.Mapping.Or(nil) {
		at, field := slices.IndexFunc(columns, func(have ImportColumn) bool { return have.Letter == c.Column }), "/mapping/"+itoa(n)
		switch {
		case at < 0:
			add(field+"/column", "unknown_column", "The sheet has no such column.")
		case c.Field != "" && !slices.Contains(Fields, c.Field):
			add(field+"/field", "unknown_field", "There is no such field. The description of this operation lists them.")
		case c.Field != "" && columns[at].Dropped != "":
			add(field+"/field", "never_kept", "Nothing of this column was kept, since it holds what we never ask for. Delete it from the sheet, or correct its header, and send the file again.")
		default:
			columns[at].Field = c.Field
		}
	}
	seen := map[string]bool{}
	for _, c := range columns {
		if c.Field != "" && seen[c.Field] && !slices.Contains(repeatable, c.Field) {
			add("/mapping", "mapped_twice", "Two columns are read as "+c.Field+".")
		}
		seen[c.Field] = true
	}
	var o stored
	if err := json.Unmarshal(i.Options, &o); err != nil {
		return err
	}
	in.options(&o.ImportOptions)
	if _, err := time.LoadLocation(o.TimeZone); err != nil || o.TimeZone == "" || o.TimeZone == "Local" {
		add("/time_zone", "unknown_time_zone", "Write an IANA time zone, like America/New_York.")
	}
	if _, err := language.Parse(o.Language); err != nil {
		add("/language", "bad_language", "Write the language as BCP 47 has it, like en or es-MX.")
	}
	if o.Country != "" && (len(o.Country) != 2 || strings.Trim(o.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		add("/country", "bad_country", "Write the country as two letters, like US.")
	}
	if wrong != nil {
		return services.Invalid(wrong...)
	}
	i.Mapping, i.Options = asJSON(fieldsOf(columns)), asJSON(o)
	return nil
}

func (in PatchImport) options(o *ImportOptions) {
	o.DateOrder, o.TimeZone, o.Language = in.DateOrder.Or(o.DateOrder), in.TimeZone.Or(o.TimeZone), in.Language.Or(o.Language)
	o.Kind, o.Status, o.Update = in.Kind.Or(o.Kind), in.Status.Or(o.Status), in.Update.Or(o.Update)
	o.SkipBadCells = in.SkipBadCells.Or(o.SkipBadCells)
	o.Country = strings.ToUpper(in.Country.OrZero(o.Country))
	o.Tag, o.ReferralSource = strings.ToLower(services.Line(in.Tag.OrZero(o.Tag))), services.Line(in.ReferralSource.OrZero(o.ReferralSource))
}
