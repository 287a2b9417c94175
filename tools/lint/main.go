// Command lint runs the project's short list of analyzers over the packages
// named as arguments, in one load of the program.
//
// The list, and why each is on it:
//
//	vet's own passes   what the Go team considers a mistake
//	staticcheck        bugs, dead code and simplifications (SA, S1, a few ST)
//	ineffassign        an assignment nobody reads is a forgotten use
//	errorlint          wrapped errors must be compared with errors.Is and errors.As
//	bodyclose          a response body left open leaks a connection
//	sqlclosecheck      rows left open hold a reader of the database
//	unconvert          a conversion to the same type hides what a value is
package main

import (
	"strings"

	"github.com/golangci/unconvert"
	"github.com/gordonklaus/ineffassign/pkg/ineffassign"
	"github.com/polyfloyd/go-errorlint/errorlint"
	"github.com/ryanrolds/sqlclosecheck/pkg/analyzer"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/multichecker"
	"golang.org/x/tools/go/analysis/passes/copylock"
	"golang.org/x/tools/go/analysis/passes/loopclosure"
	"golang.org/x/tools/go/analysis/passes/lostcancel"
	"golang.org/x/tools/go/analysis/passes/nilness"
	"golang.org/x/tools/go/analysis/passes/printf"
	"golang.org/x/tools/go/analysis/passes/sortslice"
	"golang.org/x/tools/go/analysis/passes/unusedresult"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"
)

func main() {
	list := []*analysis.Analyzer{
		copylock.Analyzer, loopclosure.Analyzer, lostcancel.Analyzer, nilness.Analyzer,
		printf.Analyzer, sortslice.Analyzer, unusedresult.Analyzer,
		ineffassign.Analyzer, bodyclose.Analyzer, analyzer.NewAnalyzer(),
		errorlint.NewAnalyzer(),
		unconvertAnalyzer(),
	}
	for _, a := range staticcheck.Analyzers {
		list = append(list, a.Analyzer)
	}
	for _, a := range simple.Analyzers {
		list = append(list, a.Analyzer)
	}
	for _, a := range stylecheck.Analyzers {
		// ST1005: error strings of faults are sentences for people. ST1000, ST1020…22: package
		// comments are kept by internal/layering; docstrings need not repeat the name.
		if strings.HasPrefix(a.Analyzer.Name, "ST1006") || strings.HasPrefix(a.Analyzer.Name, "ST1012") || strings.HasPrefix(a.Analyzer.Name, "ST1019") {
			list = append(list, a.Analyzer)
		}
	}
	multichecker.Main(list...)
}

// unconvertAnalyzer turns the positions that the tool returns into findings.
func unconvertAnalyzer() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name: "unconvert",
		Doc:  "reports conversions that change nothing",
		Run: func(pass *analysis.Pass) (any, error) {
			for _, at := range unconvert.Run(pass) {
				for _, file := range pass.Files {
					if f := pass.Fset.File(file.Pos()); f.Name() == at.Filename {
						pass.Reportf(f.LineStart(at.Line), "unnecessary conversion")
					}
				}
			}
			return nil, nil
		},
	}
}
