# Packages of CRAN, under the names that the distribution gives them.

case $EC_OS_FAMILY in
    debian) ;;
    *) die "packages of CRAN can't be installed on $EC_OS yet: leave packages empty" ;;
esac

set --
for name in $EC_PARAM_PACKAGES; do
    case $name in
        [!A-Za-z]* | *[!A-Za-z0-9.]*) die "\"$name\" is no name of a package on CRAN" ;;
    esac
    set -- "$@" "r-cran-$(printf %s "$name" | tr '[:upper:]' '[:lower:]')"
done
if [ "$EC_PARAM_COMPILERS" = true ]; then
    set -- "$@" r-base-dev
fi
[ $# -eq 0 ] || pkg install "$@"
