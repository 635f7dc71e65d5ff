package services

import "github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"

// NewSubjectKeyInPlain is a key as people get it: what kind of key it is, and how it is written down (a protocol buffer).
func (k *Keys) NewSubjectKeyInPlain() (kind string, value []byte, err error) {
	id, wrapped, err := k.newSubjectKey()
	if err != nil {
		return "", nil, err
	}
	handle, err := k.unwrap(id, k.current, wrapped)
	if err != nil {
		return "", nil, err
	}
	data := insecurecleartextkeyset.KeysetMaterial(handle).GetKey()[0].GetKeyData()
	return data.GetTypeUrl(), data.GetValue(), nil
}
