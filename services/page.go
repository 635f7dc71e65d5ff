package services

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// PageQuery is what every list takes.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"600" doc:"The next_cursor of the page before; good for the same caller, sort and filters only"`
	Sort   string `query:"sort" maxLength:"60" doc:"A field to sort by, with - in front for descending"`
	Count  bool   `query:"count" doc:"Adds X-Total-Count"`
}

// Page is one page of a list.
type Page[T any] struct {
	Data       []T     `json:"data" nullable:"false" doc:"The rows, at most limit of them"`
	NextCursor *string `json:"next_cursor" doc:"What to send as cursor for the next page; null on the last"`
	Total      *int64  `json:"-"`
}

// TotalCount is what X-Total-Count says, or nil.
func (p Page[T]) TotalCount() *int64 { return p.Total }

// Sort is one order that a list offers: a column of the query, whose ties the id breaks.
type Sort[T any] struct {
	Name   string // as in ?sort=
	Column string // a constant, never input
	Cast   string // the SQL type of the column: timestamptz, text, int …
	Key    func(T) any
}

// List says how rows of one kind are paged.
type List[T any] struct {
	IDColumn string // the tie-breaker, unique
	ID       func(T) uuid.UUID
	Sorts    []Sort[T] // the first is the default
	Default  string    // the default with its direction, such as "-created_at"
}

type cursor struct {
	Key any       `json:"k"`
	ID  uuid.UUID `json:"i"`
}

// Find reads one page of q, which already holds the scope and the filters. It pages by key, never by offset, so that
// rows that come and go between two pages neither repeat nor hide others.
// Errors: unreadable bad_cursor for a cursor that is forged, or of another caller, sort or filter; invalid for a sort
// that the list does not offer.
func (l List[T]) Find(ctx context.Context, c *Core, q *gorm.DB, in PageQuery) (Page[T], error) {
	page := Page[T]{Data: []T{}}
	order, descending, err := l.order(in.Sort)
	if err != nil {
		return page, err
	}
	binding, err := cursorBinding(ctx, order.Name, descending)
	if err != nil {
		return page, err
	}
	if in.Count {
		var n int64
		if err := q.Session(&gorm.Session{}).Select("*").Count(&n).Error; err != nil {
			return page, err
		}
		page.Total = &n
	}
	direction, compare := "", ">"
	if descending {
		direction, compare = " desc", "<"
	}
	q = q.Session(&gorm.Session{})
	if in.Cursor != "" {
		at, err := openCursor(c.Keys, binding, in.Cursor)
		if err != nil {
			return page, err
		}
		q = q.Where("("+order.Column+", "+l.IDColumn+") "+compare+" (?::"+order.Cast+", ?::uuid)", at.Key, at.ID)
	}
	limit := min(max(in.Limit, 1), 100)
	if page.Data, err = Rows[T](q.Order(order.Column+direction+", "+l.IDColumn+direction), limit+1); err != nil {
		return page, err
	}
	if len(page.Data) > limit {
		page.Data = page.Data[:limit]
		last := page.Data[limit-1]
		page.NextCursor = sealCursor(c.Keys, binding, cursor{order.Key(last), l.ID(last)})
	}
	return page, nil
}

func (l List[T]) order(asked string) (Sort[T], bool, error) {
	if asked == "" {
		asked = l.Default
	}
	name := strings.TrimPrefix(asked, "-")
	var names []string
	for _, s := range l.Sorts {
		if s.Name == name {
			return s, asked != name, nil
		}
		names = append(names, s.Name)
	}
	return Sort[T]{}, false, InvalidField("query/sort", "unknown_sort", "Sort by one of: %s; put - in front for descending.", strings.Join(names, ", "))
}

// cursorBinding is what a cursor is good for: one caller, one path, one order, one set of filters.
func cursorBinding(ctx context.Context, sort string, descending bool) ([]byte, error) {
	call, err := CallFrom(ctx)
	if err != nil {
		return nil, err
	}
	filters, _ := url.ParseQuery(call.Query)
	for _, own := range []string{"limit", "cursor", "sort", "count"} {
		delete(filters, own)
	}
	for name, values := range filters {
		if strings.HasSuffix(name, "_cursor") { // of another list in the same answer
			delete(filters, name)
		}
		slices.Sort(values)
	}
	return json.Marshal([]any{call.Actor.AccountID, call.Path, sort, descending, filters.Encode()})
}

func sealCursor(k *Keys, binding []byte, at cursor) *string {
	if t, ok := at.Key.(time.Time); ok {
		at.Key = t.UTC().Format(time.RFC3339Nano)
	}
	body, err := json.Marshal(at)
	if err != nil {
		panic(err) // sort keys are texts, numbers and times
	}
	s := base64.RawURLEncoding.EncodeToString(append(k.MAC("cursors", binding, body)[:16], body...))
	return &s
}

func openCursor(k *Keys, binding []byte, text string) (cursor, error) {
	bad := &Error{Kind: KindUnreadable, Code: CodeBadCursor, Message: "This cursor is not one of ours for this list, sort and filters. Start again without it.",
		Fields: []FieldError{{"query/cursor", CodeBadCursor, "Use next_cursor of the page before, with the same sort and filters."}}}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 17 || !hmac.Equal(raw[:16], k.MAC("cursors", binding, raw[16:])[:16]) {
		return cursor{}, bad
	}
	var at cursor
	decode := json.NewDecoder(bytes.NewReader(raw[16:]))
	decode.UseNumber()
	if decode.Decode(&at) != nil {
		return cursor{}, bad
	}
	if n, ok := at.Key.(json.Number); ok {
		at.Key = n.String()
	}
	return at, nil
}
