package limit

// Functions are made in the bench's database alone.
const Functions = `select 1`
