package coaching

import "slices"

// SealedColumns names what a rotation of keys moves.
func SealedColumns() (out []string) {
	for _, c := range sealedColumns {
		out = append(out, c.Table+"."+c.Body)
	}
	slices.Sort(out)
	return out
}

// CanonicalLog is what the MAC of a log is made of.
func CanonicalLog(log any) string {
	body, err := canonical(log)
	if err != nil {
		panic(err)
	}
	return string(body)
}
