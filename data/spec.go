package data

// Spec says which data to open and how.
type Spec struct {
	// Name is a registered name (see [List]) or the path of a file or folder. A registered
	// name wins; write ./mnist for a folder of that name.
	Name string
	// Dir is a data root in which named sets are looked up, after ELBO_DATA.
	Dir string
	// Label names the column of a table that holds the class; empty for none.
	Label string
	// Drop names columns of a CSV file to leave out.
	Drop []string
	// AllowNaN lets a table have missing cells; they take the mean of their column.
	AllowNaN bool
	// Raw leaves the values of a table as they are instead of standardising them.
	Raw bool
	// Columns is a stored standardisation to apply in place of the training rows' own.
	Columns []Column
	// MaxRows limits each part to its first rows after the fixed shuffle; 0 keeps all.
	MaxRows int
}
