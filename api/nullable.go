package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// tellNulls says in the schemas where null stands. Huma knows it of pointers to plain types; not of ids and dates, which
// have schemas of their own, nor of pointers to objects, nor of the fields of a PATCH, nor that an enum must then list
// null too.
func (r *router) tellNulls() {
	schemas := r.api.OpenAPI().Components.Schemas
	for name, schema := range schemas.Map() {
		t := schemas.TypeFromRef("#/components/schemas/" + name)
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for _, f := range reflect.VisibleFields(t) {
			property, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if p := schema.Properties[property]; p != nil && (p.Nullable || sendsNull(f.Type, options)) {
				allowNull(p)
			}
		}
	}
}

// sendsNull: a pointer is null on the wire unless it is left out; a PATCH field takes null to clear.
func sendsNull(t reflect.Type, options string) bool {
	if t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "Field[") {
		return true
	}
	return t.Kind() == reflect.Pointer && !strings.Contains(options, "omit")
}

func allowNull(p *huma.Schema) {
	if p.Ref != "" {
		p.AnyOf = []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}
		p.Ref = ""
		return
	}
	p.Nullable = true
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, nil) {
		p.Enum = append(p.Enum, nil)
	}
}
