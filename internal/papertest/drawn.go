package papertest

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/color"
	"image/draw"
	"io"
	"math"
	"regexp"
	"strconv"
	"testing"
)

var (
	drawings = regexp.MustCompile(`(?s)q 0 g\n((?:[-0-9. ]+ re\n)+)f Q`)
	runs     = regexp.MustCompile(`([-0-9.]+) ([-0-9.]+) ([-0-9.]+) ([-0-9.]+) re`)
)

const (
	pixels = 4 // a side of each module
	quiet  = 4 // modules around a code
)

// Drawn are the QR codes that are drawn on the pages of a document as runs of dark modules, in order, for a reader that is not ours.
func Drawn(t testing.TB, pdf []byte) (out []image.Image) {
	t.Helper()
	for _, s := range streams.FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(s[1]))
		if err != nil {
			continue
		}
		page, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range drawings.FindAllSubmatch(page, -1) {
			out = append(out, drawing(t, d[1]))
		}
	}
	return out
}

// drawing is one code: its runs have its left and its upper edge, and are a module high.
func drawing(t testing.TB, path []byte) image.Image {
	t.Helper()
	var found [][4]float64
	left, top, right := math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, m := range runs.FindAllSubmatch(path, -1) {
		var run [4]float64
		for i := range run {
			var err error
			if run[i], err = strconv.ParseFloat(string(m[i+1]), 64); err != nil {
				t.Fatal(err)
			}
		}
		left, top, right = min(left, run[0]), max(top, run[1]+run[3]), max(right, run[0]+run[2])
		found = append(found, run)
	}
	at := func(points float64) int { return (int(math.Round(points/found[0][3])) + quiet) * pixels }
	side := at(right-left) + quiet*pixels
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for _, run := range found {
		dark := image.Rect(at(run[0]-left), at(top-run[1]-run[3]), at(run[0]-left+run[2]), at(top-run[1]))
		draw.Draw(picture, dark, image.Black, image.Point{}, draw.Src)
	}
	return picture
}
