# R runs, and finds each package.

for name in $EC_PARAM_PACKAGES; do
    Rscript --vanilla -e "loadNamespace('$name')" >/dev/null ||
        die "the R package $name is installed on $EC_NODE but does not load: the log of this step says why"
done
Rscript --vanilla -e 'stopifnot(all.equal(solve(diag(2)), diag(2)))' ||
    die "R does not work on $EC_NODE: the log of this step says why"
