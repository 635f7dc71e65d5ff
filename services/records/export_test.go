package records

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// Told says whether somebody has decided what people are told of a look.
func Told(action string) bool { return told(action) }

// Shown are the names of looks that people are told of, and the kinds that are in words.
func Shown() (actions, kinds map[string]string) { return shownReads, shownKinds }

// Query is one of ours as PostgreSQL gets it.
type Query struct {
	SQL  string
	Args []any
}

// Queries are the long ones.
func Queries(core *services.Core, ctx context.Context, member uuid.UUID) map[string]Query {
	actor, _ := services.ActorFrom(ctx)
	out := map[string]Query{}
	_, err := services.Read(ctx, core, func(db *gorm.DB) (struct{}, error) {
		work := db.Session(&gorm.Session{NewDB: true}).Model(&models.Task{}).Scopes(tasks.Visible(actor, core.Clock.Now())).Where("tasks.member_id = ?", member).Select("tasks.*")
		for name, sources := range map[string][]source{"staff": staffSources, "own": ownSources} {
			var parts []string
			for _, s := range sources {
				parts = append(parts, s.sql())
			}
			dry(db, out, "timeline of "+name, strings.Join(parts, " union all "), map[string]any{"member": member, "tasks": work})
		}
		dry(db, out, "access log", readsOf, map[string]any{"me": member, "staff": models.Texts[models.Role]{"admin"}, "actions": models.Texts[string](slices.Sorted(maps.Keys(shownReads)))})
		return struct{}{}, nil
	})
	if err != nil {
		panic(err)
	}
	return out
}

func dry(db *gorm.DB, out map[string]Query, name, sql string, args map[string]any) {
	built := db.Session(&gorm.Session{NewDB: true, DryRun: true}).Raw(sql, args).Scan(&[]map[string]any{}).Statement
	out[name] = Query{built.SQL.String(), built.Vars}
}
