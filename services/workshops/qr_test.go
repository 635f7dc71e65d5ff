package workshops

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

const checkInText = "HF1.AZf3kq0zcY6bq1kz8m2h5Q.c2lnbmF0dXJlLW9mLTMyLWJ5dGVzLWJhc2U2NHVybA"

func drawQR(t *testing.T, text string, size int) image.Image {
	t.Helper()
	out, err := QRPNG(text, size)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if picture.Bounds() != image.Rect(0, 0, size, size) {
		t.Fatalf("%s", picture.Bounds())
	}
	return picture
}

func black(picture image.Image, x, y int) bool {
	r, _, _, _ := picture.At(x, y).RGBA()
	return r == 0
}

// inked is the smallest rectangle that holds every dark pixel.
func inked(picture image.Image) image.Rectangle {
	var out image.Rectangle
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if black(picture, x, y) {
				out = out.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return out
}

func TestQRHasItsQuietZoneAndFinders(t *testing.T) {
	for _, size := range []int{61, 256, 300, 512, 1000} {
		picture := drawQR(t, checkInText, size)
		ink := inked(picture)
		// The top row of a finder pattern is seven dark modules and a light one.
		module := 0
		for black(picture, ink.Min.X+module, ink.Min.Y) {
			module++
		}
		module /= 7
		if ink.Dx() != ink.Dy() || module == 0 || ink.Dx()%module != 0 {
			t.Fatalf("%d: ink %s, module %d", size, ink, module)
		}
		if quiet := min(ink.Min.X, ink.Min.Y, size-ink.Max.X, size-ink.Max.Y); quiet < quietZone*module {
			t.Errorf("%d: a quiet zone of %d pixels, modules of %d", size, quiet, module)
		}
		for _, corner := range []image.Point{ink.Min, {ink.Max.X - 7*module, ink.Min.Y}, {ink.Min.X, ink.Max.Y - 7*module}} {
			if !isFinder(picture, corner, module) {
				t.Errorf("%d: no finder pattern at %s", size, corner)
			}
		}
	}
}

func isFinder(picture image.Image, corner image.Point, module int) bool {
	for y, row := range []string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"} {
		for x, want := range row {
			if black(picture, corner.X+x*module+module/2, corner.Y+y*module+module/2) != (want == '#') {
				return false
			}
		}
	}
	return true
}

// The format bits beside the upper left finder say level M: 00, under the mask 10 of ISO/IEC 18004.
func TestQRIsLevelM(t *testing.T) {
	picture := drawQR(t, checkInText, 512)
	ink := inked(picture)
	module := 0
	for black(picture, ink.Min.X+module, ink.Min.Y) {
		module++
	}
	module /= 7
	at := func(x int) bool { return black(picture, ink.Min.X+x*module+module/2, ink.Min.Y+8*module+module/2) }
	if !at(0) || at(1) {
		t.Errorf("format bits %v %v", at(0), at(1))
	}
}

func TestQRIsTheSameEachTime(t *testing.T) {
	a, _ := QRPNG(checkInText, 256)
	b, _ := QRPNG(checkInText, 256)
	other, _ := QRPNG(checkInText+"x", 256)
	if !bytes.Equal(a, b) || bytes.Equal(a, other) {
		t.Error("the picture must depend on the text alone")
	}
}

func TestQRRefuses(t *testing.T) {
	for _, c := range []struct {
		text string
		size int
	}{{"", 256}, {checkInText, 0}, {checkInText, -1}, {checkInText, 20}, {checkInText, 1 << 20}, {strings.Repeat("secret", 1000), 1000}} {
		_, err := QRPNG(c.text, c.size)
		if err == nil {
			t.Errorf("%d characters in %d pixels passed", len(c.text), c.size)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the text is in %q", err)
		}
	}
}
