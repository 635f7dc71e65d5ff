package people

import (
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
)

// ClearedOn is the scope of rows about members who may work with minors on a day, as Cleared says of one. column, a constant,
// names the member.
func ClearedOn(column string, on models.Date) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		for _, kind := range models.ForMinors() {
			db = db.Where(`exists (select from credentials k where k.member_id = `+column+` and k.kind = ? and k.revoked_at is null
				and k.issued_on <= ? and (k.expires_on is null or k.expires_on >= ?))`, kind, on, on)
		}
		return db
	}
}

// MissingOn says what members lack for work with minors on a day; who lacks nothing has no entry.
func MissingOn(db *gorm.DB, ids []uuid.UUID, on models.Date) (map[uuid.UUID][]models.CredentialKind, error) {
	var rows []models.Credential
	if err := db.Where("member_id in ? and kind in ? and revoked_at is null", append(ids, uuid.Nil), models.ForMinors()).Find(&rows).Error; err != nil {
		return nil, err
	}
	held := map[uuid.UUID][]models.Credential{}
	for _, c := range rows {
		held[c.MemberID] = append(held[c.MemberID], c)
	}
	out := map[uuid.UUID][]models.CredentialKind{}
	for _, id := range ids {
		if missing := missingOn(held[id], on); len(missing) > 0 {
			out[id] = missing
		}
	}
	return out, nil
}
