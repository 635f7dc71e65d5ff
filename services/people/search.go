package people

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// MemberSummary is a member in a list: nothing of health, no address.
type MemberSummary struct {
	ID            uuid.UUID                 `json:"id"`
	GivenName     string                    `json:"given_name" example:"Luis"`
	FamilyName    string                    `json:"family_name" example:"Ortega"`
	PreferredName *string                   `json:"preferred_name"`
	Kinds         models.Texts[models.Kind] `json:"kinds" nullable:"false"`
	Status        models.MemberStatus       `json:"status" enum:"prospective,active,inactive,deceased,merged"`
	BirthDate     *models.Date              `json:"birth_date" nullable:"true"`
	Email         *string                   `json:"email"`
	Phone         *string                   `json:"phone"`
	MergedInto    *uuid.UUID                `json:"merged_into" nullable:"true"`
	CreatedAt     time.Time                 `json:"created_at"`
	UpdatedAt     time.Time                 `json:"updated_at"`
	SortName      string                    `json:"-"`
}

const summaryColumns = `members.id, members.given_name, members.family_name, members.preferred_name, members.kinds, members.status, members.birth_date,
	members.email, members.phone, members.merged_into, members.created_at, members.updated_at, folded(members.family_name || ' ' || members.given_name) AS sort_name`

// MemberFilter picks members of the list.
type MemberFilter struct {
	services.PageQuery
	models.Criteria
	Q string `query:"q" maxLength:"100" doc:"Finds by name, also a former or legal one, e-mail or phone, typos and accents allowed; 3 letters or digits at least, 20 results at most, best first. Each search is logged"`
}

// on is the members that the list holds for actor. Whom staff leave to colleagues is absent, or a search would tell them
// where a former husband is reached now.
func (f MemberFilter) on(db *gorm.DB, actor *services.Actor, now time.Time) *gorm.DB {
	q := db.Table("members").Select(summaryColumns).Scopes(Visible(actor))
	if actor.Staff() {
		q = q.Scopes(actor.NotOwn("members.id", now))
	}
	return within(q, f.Criteria, models.DateOf(now))
}

var members = services.List[MemberSummary]{
	IDColumn: "members.id",
	ID:       func(m MemberSummary) uuid.UUID { return m.ID },
	Sorts: []services.Sort[MemberSummary]{
		{Name: "name", Column: "folded(members.family_name || ' ' || members.given_name)", Cast: "text", Key: func(m MemberSummary) any { return m.SortName }},
		{Name: "created_at", Column: "members.created_at", Cast: "timestamptz", Key: func(m MemberSummary) any { return m.CreatedAt }},
		{Name: "updated_at", Column: "members.updated_at", Cast: "timestamptz", Key: func(m MemberSummary) any { return m.UpdatedAt }},
	},
	Default: "name",
}

// List pages through the members, or searches when q is given; the caller's own record and those of people close to them
// are left to colleagues. Errors: those of a list; of a search invalid too_short
// and search_pages, and too_many.
func (s *Service) List(ctx context.Context, f MemberFilter) (*services.Page[MemberSummary], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if f.Q != "" {
		return s.search(ctx, actor, f)
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[MemberSummary], error) {
		page, err := members.Find(ctx, s.core, f.on(db, actor, s.core.Clock.Now()), f.PageQuery)
		return &page, err
	})
}

const (
	mostFound  = 20
	leastQuery = 3 // letters and digits
	// Closeness is the share of the query's trigrams that stand in one stretch of a person's names and addresses. Far
	// matches are looked for only when there is no close one: "Smyth" then finds "Smith", and a search that hit shows no
	// strangers beside.
	near, far = "0.6", "0.33"
)

// searches bounds how fast one account can look people up.
var searches = services.Limit{Name: "member.search", Every: 2 * time.Second, Burst: 40}

// search finds people by pieces of what they are called or reached by. The audit row names whom it showed and, in
// place of the words, an id made of their HMAC: the same words give the same id, and nobody can read them back.
func (s *Service) search(ctx context.Context, actor *services.Actor, f MemberFilter) (*services.Page[MemberSummary], error) {
	words := services.Line(f.Q)
	if letters(words) < leastQuery {
		return nil, services.InvalidField("query/q", "too_short", "Write at least %d letters or digits.", leastQuery)
	}
	if f.Cursor != "" || f.Sort != "" {
		return nil, services.InvalidField("query/q", "search_pages", "A search answers the best %d at once: leave cursor and sort out, or write more of the name.", mostFound)
	}
	if err := s.core.Take(ctx, searches, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "member.search", func(d *services.Disclosure) (*services.Page[MemberSummary], error) {
		page := &services.Page[MemberSummary]{Data: []MemberSummary{}}
		d.Object(queryID(d.Keys(), words))
		found, err := nearest(d.DB, func() *gorm.DB { return f.on(d.DB, actor, s.core.Clock.Now()) }, words, min(mostFound, max(f.Limit, 1)))
		for _, m := range found {
			page.Data = append(page.Data, m.MemberSummary)
			d.Subject(m.ID)
		}
		if f.Count {
			n := int64(len(page.Data))
			page.Total = &n
		}
		return page, err
	})
}

type hit struct {
	MemberSummary `gorm:"embedded"`
	Literal       bool // the words stand there as they are
	Closeness     float64
}

// nearest runs the search, first for close matches. Apostrophes are left out on both sides: O'Neill is written in three
// ways. Of an address only what stands before the @ may be misspelled: domains are shared by half of the members.
func nearest(db *gorm.DB, people func() *gorm.DB, words string, limit int) (found []hit, err error) {
	const folded, contains = `replace(folded(?), '''', '')`, `members.search_text LIKE '%' || replace(folded(?), '''', '') || '%'`
	piece := likely(words)
	if name, _, ok := strings.Cut(words, "@"); ok && letters(name) >= leastQuery {
		words = name
	}
	for _, closeness := range []string{near, far} {
		// The planner thinks reading every row cheaper than the trigram index; judging a row costs more than it knows.
		err = db.Exec("select set_config('pg_trgm.word_similarity_threshold', ?, true), set_config('enable_seqscan', 'off', true)", closeness).Error
		if err != nil {
			return nil, err
		}
		err = people().Select(summaryColumns+`, `+contains+` AS literal, word_similarity(`+folded+`, members.search_text) AS closeness`, piece, words).
			Where(`(`+folded+` <% members.search_text OR `+contains+`)`, words, piece).
			Order("literal DESC, closeness DESC, members.id").Limit(limit).Find(&found).Error
		if err != nil || len(found) > 0 {
			break
		}
	}
	return found, err
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

var wildcards = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likely is the piece to be found as it stands: of a telephone number its digits, which is how numbers are kept.
func likely(words string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, words)
	if len(digits) >= leastQuery && strings.Trim(words, "+0123456789 -().") == "" {
		return digits
	}
	return wildcards.Replace(words)
}

// queryID is a version 8 UUID (RFC 9562) of the words' HMAC.
func queryID(k *services.Keys, words string) uuid.UUID {
	id := uuid.UUID(k.MAC("member search", []byte(strings.ToLower(words)))[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}
