package models

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Outdated are the keys of the rules, at any depth, that ask something else in the rules that come after these, or are not
// among them any more: what was waived under such a key was another rule. Words alone change nothing, nor does the order of
// values. was and is are what "this program" meant before and means after.
func (r Rules) Outdated(was *uuid.UUID, after Rules, is *uuid.UUID) []string {
	old, now := map[string]Rule{}, map[string]Rule{}
	collectMeant(old, r, was)
	collectMeant(now, after, is)
	var out []string
	for key, rule := range old {
		if next, ok := now[key]; !ok || !reflect.DeepEqual(rule, next) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// collectMeant files rules by their keys as what they mean, and answers them so.
func collectMeant(into map[string]Rule, rules []Rule, own *uuid.UUID) []Rule {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		r.Words = ""
		r.Values, r.ProgramIDs = slices.Clone(r.Values), slices.Clone(r.ProgramIDs)
		if len(r.ProgramIDs) == 0 && own != nil && (r.Rule == RuleOncePerMember || r.Rule == RuleOncePerHouse) {
			r.ProgramIDs = []uuid.UUID{*own}
		}
		slices.SortFunc(r.Values, strings.Compare)
		slices.SortFunc(r.ProgramIDs, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
		r.Rules = collectMeant(into, r.Rules, own)
		into[r.Key], out[i] = r, r
	}
	return out
}
