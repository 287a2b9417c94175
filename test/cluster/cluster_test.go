package cluster

import (
	"testing"
)

// services are what a cluster has around its nodes.
type services struct{}

func newCluster(t testing.TB, full bool) *bed { return newBed(t, full) }

var clusterFaults = []fault{}
