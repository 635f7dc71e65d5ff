package models

import (
	"database/sql/driver"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// database/sql has no arrays; these carry PostgreSQL's through it.
var arrays = pgtype.NewMap()

// IDs is a uuid[] column.
type IDs []uuid.UUID

// Scan implements sql.Scanner.
func (a *IDs) Scan(src any) error {
	var out []pgtype.UUID
	if err := scanArray(pgtype.UUIDArrayOID, src, &out); err != nil {
		return fmt.Errorf("uuid[]: %w", err)
	}
	*a = make(IDs, len(out))
	for i, id := range out {
		(*a)[i] = id.Bytes
	}
	return nil
}

// Value implements driver.Valuer.
func (a IDs) Value() (driver.Value, error) {
	texts := make([]string, len(a))
	for i, id := range a {
		texts[i] = id.String()
	}
	return arrayText(texts)
}

// Texts is a text[] column of plain or named strings.
type Texts[T ~string] []T

// Scan implements sql.Scanner.
func (a *Texts[T]) Scan(src any) error {
	var out []string
	if err := scanArray(pgtype.TextArrayOID, src, &out); err != nil {
		return fmt.Errorf("text[]: %w", err)
	}
	*a = make(Texts[T], len(out))
	for i, s := range out {
		(*a)[i] = T(s)
	}
	return nil
}

// Value implements driver.Valuer.
func (a Texts[T]) Value() (driver.Value, error) {
	texts := make([]string, len(a))
	for i, s := range a {
		texts[i] = string(s)
	}
	return arrayText(texts)
}

// scanArray reads what database/sql hands over, which is text, and what pgx itself does, which is binary.
func scanArray(oid uint32, src, into any) error {
	if binary, ok := src.([]byte); ok {
		return arrays.Scan(oid, pgtype.BinaryFormatCode, binary, into)
	}
	return arrays.SQLScanner(into).Scan(src)
}

func arrayText(texts []string) (driver.Value, error) {
	b, err := arrays.Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, texts, nil)
	return string(b), err
}
