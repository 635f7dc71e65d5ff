package demodata

import (
	"slices"
	"testing"

	"homefront/models"
)

// A table that an interrupted load may have filled and that is not emptied would make the next start fail.
func TestEveryTableIsEmptied(t *testing.T) {
	kept := []string{"audit_log", "audit_chain", "signing_keys", "consent_documents", "consent_document_versions", "forms", "form_versions", "duplicate_scans"}
	for _, m := range models.All() {
		if name := m.TableName(); !slices.Contains(tables, name) && !slices.Contains(kept, name) {
			t.Errorf("%s is neither emptied nor kept", name)
		}
	}
}
