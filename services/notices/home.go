package notices

import (
	"time"

	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// mostUnread is how far unread notifications are counted: an app shows "99+".
const mostUnread = 100

// Unread counts what the actor has not read yet, up to a hundred.
func Unread(db *gorm.DB, actor *services.Actor, now time.Time) (n int, err error) {
	unread := db.Session(&gorm.Session{NewDB: true}).Model(&models.Message{}).Select("1").Scopes(mine(actor, now)).Where("messages.read_at IS NULL").Limit(mostUnread)
	return n, db.Raw("select count(*) from (?) as unread", unread).Scan(&n).Error
}
