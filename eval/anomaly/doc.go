// Package anomaly scores how strange rows are to a trained model.
//
// A [Score] is a formula with its paper and what it needs; [Scores] lists them, larger values are
// stranger in all of them. Where the strangeness of a row lies is told by [Surprise] and
// [Residual], whose values belong to the elements of the row.
//
// A density is no score by itself: rows that are simpler than all that a model has learnt from can
// be likelier than the rows it has learnt from (Nalisnick et al. 2019). The scores complexity,
// ratio, typicality and mahalanobis are answers to that.
package anomaly
