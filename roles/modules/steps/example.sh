# A modulefile for the OpenMPI of the distribution, where there is one. It is
# on the path of everybody anyhow: the module says where it lies, for builds.

folder=/etc/lmod/modules/openmpi

version=
if command -v mpirun >/dev/null; then
    version=$(mpirun --version | sed -n 's/^mpirun (Open MPI) //p')
fi
for old in "$folder"/*.lua; do
    if [ -e "$old" ] && [ "$old" != "$folder/$version.lua" ]; then
        rm "$old"
        CHANGED=1
    fi
done

if [ -n "$version" ]; then
    set -- /usr/lib/*/openmpi
    file_put "$folder/$version.lua" 0644 root:root <<END
-- Written by ecluster: the OpenMPI of this system. Put modulefiles of your own
-- into a folder of the role modules, as NAME/VERSION.lua.
whatis("Name: OpenMPI")
whatis("Version: $version")
help([[mpicc, mpicxx and mpifort compile, mpirun and srun --mpi=pmix start.]])
family("mpi")
setenv("MPI_HOME", "$1")
END
fi
[ -n "$CHANGED" ] || unchanged
