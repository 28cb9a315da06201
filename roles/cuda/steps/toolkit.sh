# The toolkit, and what gives containers the GPU.

set --
if [ "$EC_PARAM_TOOLKIT" = true ]; then
    if [ "$EC_PARAM_SOURCE" = debian ]; then
        set -- nvidia-cuda-toolkit g++
    else
        set -- "cuda-toolkit${EC_PARAM_VERSION:+-$(echo "$EC_PARAM_VERSION" | tr . -)}" g++
    fi
fi
if [ "$EC_PARAM_CONTAINER_TOOLKIT" = true ]; then
    set -- "$@" nvidia-container-toolkit
fi
[ $# -eq 0 ] || pkg install "$@"
