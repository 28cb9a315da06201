# The compilers are large, and a node that only runs programs needs none.

[ "$EC_PARAM_COMPILERS" = true ] || exit 0

case $EC_OS_FAMILY in
    debian) pkg install libopenmpi-dev gcc g++ gfortran libc6-dev make ;;
    *) die "the compilers of OpenMPI can't be installed on $EC_OS yet: set compilers = false" ;;
esac
