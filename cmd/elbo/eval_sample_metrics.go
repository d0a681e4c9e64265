package main

// sampleMetrics are those of rows drawn from the model beside those of the data.
var sampleMetrics []metric
