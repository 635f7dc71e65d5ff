// Package paper draws what is printed: certificates, sign-in sheets, badges. It knows no rows and asks nobody: what it draws is
// given to it. All of it is letter paper, in English, and the same bytes for the same words.
package paper

import (
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
)

const (
	typeface  = "DejaVu Sans"
	longSide  = 279.4 // of letter paper, in millimetres
	shortSide = 215.9
	landscape = "L"
	portrait  = "P"
)

type sheet struct{ *fpdf.Fpdf }

// newSheet has no page yet. Its dates are given and its lists in order, so that equal sheets are equal bytes.
func newSheet(orientation string, at time.Time) sheet {
	d := fpdf.New(orientation, "mm", "Letter", "")
	d.SetCatalogSort(true)
	d.SetCreationDate(at.UTC())
	d.SetModificationDate(at.UTC())
	d.SetProducer("Homefront", true)
	d.SetLang("en-US")
	d.AddUTF8FontFromBytes(typeface, "", dejavusans.TTF)
	d.AddUTF8FontFromBytes(typeface, "B", dejavusansbold.TTF)
	d.SetAutoPageBreak(false, 0)
	d.SetMargins(0, 0, 0)
	d.SetCellMargin(0)
	return sheet{d}
}

// fit sets the largest font, from size down to least, in which a text is no wider than width; and answers as much of the text as
// is, with an ellipsis where it is not all of it.
func (d sheet) fit(style string, size, least, width float64, text string) string {
	for d.SetFont(typeface, style, size); size > least && d.GetStringWidth(text) > width; d.SetFontSize(size) {
		size -= 0.5
	}
	if d.GetStringWidth(text) <= width {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && d.GetStringWidth(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return strings.TrimSpace(string(letters)) + "…"
}

// wrapped puts parts into at most so many lines of the font that is set, and breaks between them alone; the last line ends in an
// ellipsis when there were more.
func (d sheet) wrapped(parts []string, between string, width float64, most int) (lines []string) {
	line := ""
	for i, part := range parts {
		longer := part
		if line != "" {
			longer = line + between + part
		}
		if i == 0 || d.GetStringWidth(longer) <= width {
			line = longer
			continue
		}
		if len(lines)+1 == most {
			return append(lines, line+between+"…")
		}
		lines, line = append(lines, line+strings.TrimRight(between, " ")), part
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
