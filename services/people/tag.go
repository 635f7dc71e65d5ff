package people

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	mostTags       = 20  // on one member
	mostTagsListed = 500 // at once
	mostTagged     = 500 // members in one act
)

// TagCount is a tag and how many members carry it.
type TagCount struct {
	Tag     string `json:"tag" example:"newsletter"`
	Members int    `json:"members" example:"212"`
}

// TagFilter picks tags.
type TagFilter struct {
	Q     string `query:"q" maxLength:"40" doc:"Only tags that hold these letters"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"How many at most"`
}

// Tags lists the tags in use with the number of members that carry each, the most used first. Members whose record is
// kept to others than the caller are not counted.
func (s *Service) Tags(ctx context.Context, f TagFilter) (*services.Page[TagCount], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[TagCount], error) {
		// tags <> '{}' lets one index answer it.
		q := db.Table("members").Select("tag, count(*) AS members").Joins("CROSS JOIN unnest(members.tags) AS tag").
			Where("members.tags <> '{}' AND members.status <> 'merged'").Scopes(actor.NotRestricted("members.id"))
		if letters := services.Line(f.Q); letters != "" {
			q = q.Where("folded(tag) LIKE '%' || folded(?) || '%'", wildcards.Replace(letters))
		}
		page := &services.Page[TagCount]{Data: []TagCount{}}
		return page, q.Group("tag").Order("members DESC, tag").Limit(min(max(f.Limit, 1), mostTagsListed)).Find(&page.Data).Error
	})
}

// TagFate is what became of one member of a bulk tagging.
type TagFate string

// The fates.
const (
	TagsChanged   TagFate = "changed"
	TagsUnchanged TagFate = "unchanged"
	TagsNotFound  TagFate = "not_found"
	TagsOwn       TagFate = "own_record"
	TagsClosed    TagFate = "member_closed"
	TagsTooMany   TagFate = "too_many_tags"
)

// TagMembers tags many at once: those who are named, or whom a saved search finds.
type TagMembers struct {
	MemberIDs     []uuid.UUID `json:"member_ids,omitempty" maxItems:"500" doc:"Whom; or give saved_search_id"`
	SavedSearchID *uuid.UUID  `json:"saved_search_id,omitempty" required:"false" doc:"Whom it finds now, 500 at most"`
	Add           []string    `json:"add,omitempty" maxItems:"20" maxLength:"40" example:"[\"newsletter\"]"`
	Remove        []string    `json:"remove,omitempty" maxItems:"20" maxLength:"40"`
}

// TaggedMember is what became of one.
type TaggedMember struct {
	MemberID uuid.UUID `json:"member_id"`
	Result   TagFate   `json:"result" enum:"changed,unchanged,not_found,own_record,member_closed,too_many_tags"`
}

// TaggedMembers tells of every member that was asked for, in the order asked.
type TaggedMembers struct {
	Changed int            `json:"changed" example:"2"`
	Results []TaggedMember `json:"results" nullable:"false"`
}

// TagMembers adds tags to many members and removes others, in one transaction: each whom it could not change is named
// with the reason, and the rest are changed. Errors: not_found for a saved search; conflict too_many_members for one that
// finds over 500; invalid when nobody, both ways of naming people, or no tag is given.
func (s *Service) TagMembers(ctx context.Context, in TagMembers) (*TaggedMembers, error) {
	return services.Mutate(ctx, s.core, "member.tag", func(tx *services.Tx) (*TaggedMembers, error) {
		add, remove := tidyTags(in.Add), tidyTags(in.Remove)
		if err := in.check(add, remove); err != nil {
			return nil, err
		}
		ids, err := in.whom(tx)
		if err != nil {
			return nil, err
		}
		return tagAll(tx, distinctIDs(ids), add, remove)
	})
}

func (in TagMembers) check(add, remove models.Texts[string]) error {
	var p problems
	if (len(in.MemberIDs) == 0) == (in.SavedSearchID == nil) {
		p.add("/member_ids", "required", "Name the members, or a saved search that finds them.")
	}
	if len(in.MemberIDs) > mostTagged {
		p.add("/member_ids", "too_many", "Name at most %d members.", mostTagged)
	}
	if len(add)+len(remove) == 0 {
		p.add("/add", "required", "Name a tag to add or to remove.")
	}
	for _, tag := range add {
		if slices.Contains(remove, tag) {
			p.add("/remove", "contradiction", "The tag %s is to be added and removed.", tag)
		}
	}
	return p.err()
}

func (in TagMembers) whom(tx *services.Tx) ([]uuid.UUID, error) {
	if in.SavedSearchID == nil {
		return in.MemberIDs, nil
	}
	saved, err := savedSearch(tx.DB, tx.Actor(), *in.SavedSearchID)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	f := MemberFilter{Criteria: saved.Filter}
	if err := f.on(tx.DB, tx.Actor(), tx.Now()).Select("members.id").Order("members.id").Limit(mostTagged + 1).Scan(&ids).Error; err != nil {
		return nil, err
	}
	if len(ids) > mostTagged {
		return nil, services.Conflict("too_many_members", "This search finds more than %d members. Narrow it, and tag them in parts.", mostTagged)
	}
	return ids, nil
}

func tagAll(tx *services.Tx, ids []uuid.UUID, add, remove models.Texts[string]) (*TaggedMembers, error) {
	tx.Unchanged()
	tx.Locks(services.LockMembers)
	var rows []models.Member
	if err := tx.DB.Clauses(forUpdate).Scopes(Visible(tx.Actor())).Where("members.id IN ?", ids).Order("members.id").Find(&rows).Error; err != nil {
		return nil, err
	}
	near, err := Kin(tx, tx.Actor().MemberID, ids)
	if err != nil {
		return nil, err
	}
	fates := map[uuid.UUID]TagFate{}
	for i := range rows {
		fates[rows[i].ID] = tagOne(tx, &rows[i], slices.Contains(near, rows[i].ID), add, remove)
	}
	out := &TaggedMembers{Results: make([]TaggedMember, len(ids))}
	for i, id := range ids {
		fate, ok := fates[id]
		if !ok {
			fate = TagsNotFound
		}
		if fate == TagsChanged {
			out.Changed++
		}
		out.Results[i] = TaggedMember{id, fate}
	}
	return out, nil
}

func tagOne(tx *services.Tx, m *models.Member, near bool, add, remove models.Texts[string]) TagFate {
	tags := slices.DeleteFunc(slices.Clone(m.Tags), func(tag string) bool { return slices.Contains(remove, tag) })
	tags = unique(append(tags, add...))
	switch {
	case near:
		return TagsOwn
	case m.Gone():
		return TagsClosed
	case slices.Equal(tags, m.Tags):
		return TagsUnchanged
	case len(tags) > mostTags:
		return TagsTooMany
	}
	storeTags(tx, m, tags)
	return TagsChanged
}

// storeTags is storeMember for many: the statements travel together.
func storeTags(tx *services.Tx, m *models.Member, tags models.Texts[string]) {
	before := *m
	m.Tags = tags
	edited(tx, &m.Record)
	tx.Changed(before, *m)
	tx.Queue("update members set tags = $2, version = $3, updated_at = $4 where id = $1", m.ID, []string(tags), m.Version, m.UpdatedAt)
}

func distinctIDs(ids []uuid.UUID) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(ids))
	seen := map[uuid.UUID]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// RenameTag gives a tag another name; when that one is in use, the two become one.
type RenameTag struct {
	From string `json:"from" minLength:"1" maxLength:"40" example:"news letter"`
	To   string `json:"to" minLength:"1" maxLength:"40" example:"newsletter"`
}

// RenamedTag says how many members carried the old name, as far as the caller may know.
type RenamedTag struct {
	Tag     string `json:"tag" example:"newsletter"`
	Changed int    `json:"changed" example:"212"`
}

// mostRenamed bounds one transaction.
const mostRenamed = 1000

// RenameTag renames a tag on every member that carries it, be their record open to the caller or not: a tag is a word. Those
// whose record is kept to others are not counted; a tag that they alone carry is not found, and stays. Errors: not_found for a
// tag that nobody carries; conflict too_many_members over 1,000; invalid.
func (s *Service) RenameTag(ctx context.Context, in RenameTag) (*RenamedTag, error) {
	return services.Mutate(ctx, s.core, "tag.rename", func(tx *services.Tx) (*RenamedTag, error) {
		from, to := strings.ToLower(services.Line(in.From)), strings.ToLower(services.Line(in.To))
		var p problems
		if from == "" {
			p.add("/from", "required", "Name the tag.")
		}
		if to == "" || to == from {
			p.add("/to", "required", "Give it another name.")
		}
		if err := p.err(); err != nil {
			return nil, err
		}
		tx.Locks(services.LockMembers)
		var rows []models.Member
		err := tx.DB.Clauses(forUpdate).Select("id", "version", "created_at", "updated_at", "tags").Where("tags @> ?::text[]", models.Texts[string]{from}).
			Order("id").Limit(mostRenamed + 1).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		var shown int64
		err = tx.DB.Model(&models.Member{}).Where("members.tags @> ?::text[] AND members.status <> 'merged'", models.Texts[string]{from}).
			Scopes(tx.Actor().NotRestricted("members.id")).Count(&shown).Error
		switch {
		case err != nil:
			return nil, err
		case shown == 0:
			return nil, services.NotFound("tag")
		case len(rows) > mostRenamed:
			return nil, services.Conflict("too_many_members", "More than %d members carry this tag. Rename it in parts, with saved searches.", mostRenamed)
		}
		for i := range rows {
			tags := slices.Clone(rows[i].Tags)
			tags[slices.Index(tags, from)] = to
			storeTags(tx, &rows[i], unique(tags))
		}
		return &RenamedTag{Tag: to, Changed: int(shown)}, nil
	})
}
