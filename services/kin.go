package services

import (
	"time"

	"gorm.io/gorm"

	"homefront/models"
)

// NotKin is the scope of rows about members whose records a may handle. Not those who are close to a: parents, children,
// spouses, former ones too, the other guardian of a child, who lives with them; a colleague handles these. Nor those whose
// record is kept to others than a. column, a constant, names the member; rows about nobody stay. Jobs see all.
func (a *Actor) NotKin(column string, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if a.Kind == models.ActorSystem {
			return db
		}
		return db.Where("("+column+" IS NULL OR "+column+" NOT IN (SELECT closed_to(?, ?)))", a.MemberID, models.DateOf(now))
	}
}

// NotOwn is NotKin without the rows about a themselves.
func (a *Actor) NotOwn(column string, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return a.NotKin(column, now)(db.Where(column+" IS DISTINCT FROM ?", a.MemberID))
	}
}

// NotRestricted is the scope of rows about members whose record is not kept to others than a, be they close to a or not.
func (a *Actor) NotRestricted(column string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if a.Kind == models.ActorSystem {
			return db
		}
		return db.Where("("+column+" IS NULL OR "+column+" NOT IN (SELECT restricted_from(?)))", a.MemberID)
	}
}
