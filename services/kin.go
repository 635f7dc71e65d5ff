package services

import (
	"time"

	"gorm.io/gorm"

	"homefront/models"
)

// NotKin is the scope of rows about members who are not close to a: parents, children, spouses, former ones too, the other
// guardian of a child, who lives with them. A colleague handles those. column, a constant, names the member; rows about
// nobody stay.
func (a *Actor) NotKin(column string, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("("+column+" IS NULL OR "+column+" NOT IN (SELECT kin_of(?, ?)))", a.MemberID, models.DateOf(now))
	}
}

// NotOwn is NotKin without the rows about a themselves.
func (a *Actor) NotOwn(column string, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return a.NotKin(column, now)(db.Where(column+" IS DISTINCT FROM ?", a.MemberID))
	}
}
