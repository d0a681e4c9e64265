package data

// remoteFile is one file of a named set.
type remoteFile struct{}
