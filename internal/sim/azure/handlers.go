package azure

// handler carries out one operation. c.mu is held.
type handler func(*Cloud, *request) *reply

// handlers are the operations that are more than keeping a resource, by name.
func handlers() map[string]handler {
	publisher := func(m image) string { return m.publisher }
	offer := func(m image) string { return m.offer }
	sku := func(m image) string { return m.sku }
	version := func(m image) string { return m.version }
	return map[string]handler{
		"Client.Get":                         getSubscription,
		"Client.NewListLocationsPager":       listLocations,
		"Client.GetByID":                     getByID,
		"Client.NewListPager":                listEither,
		"Client.NewListByResourceGroupPager": listResources,

		"ProvidersClient.Get":          getProvider,
		"ProvidersClient.NewListPager": listProviders,
		"ProvidersClient.Register":     getProvider,

		"ResourceSKUsClient.NewListPager":           listSKUs,
		"UsageClient.NewListPager":                  computeUsages,
		"UsagesClient.NewListPager":                 networkUsages,
		"VirtualMachineImagesClient.Get":            getImage,
		"VirtualMachineImagesClient.List":           listImages("versions", version),
		"VirtualMachineImagesClient.ListSKUs":       listImages("skus", sku),
		"VirtualMachineImagesClient.ListOffers":     listImages("offers", offer),
		"VirtualMachineImagesClient.ListPublishers": listImages("publishers", publisher),

		"VirtualMachinesClient.BeginDeallocate":             powerTo(deallocating, deallocated),
		"VirtualMachinesClient.BeginPowerOff":               powerTo(stopping, stopped),
		"VirtualMachinesClient.BeginStart":                  start,
		"VirtualMachinesClient.BeginRestart":                restart,
		"VirtualMachinesClient.Generalize":                  generalize,
		"VirtualMachinesClient.InstanceView":                instanceView,
		"VirtualMachinesClient.NewListByLocationPager":      listByLocation,
		"VirtualMachinesClient.RetrieveBootDiagnosticsData": console,
		"VirtualMachinesClient.SimulateEviction":            simulateEviction,
	}
}

// listEither answers two operations of one name: armsubscriptions' list of
// subscriptions and armresources' list of all resources.
func listEither(c *Cloud, q *request) *reply {
	if len(q.segments) == 1 {
		return listSubscriptions(c, q)
	}
	return listResources(c, q)
}
