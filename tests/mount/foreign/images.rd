<!-- A few images for tests/mount/foreign/test_dachs.py: `plain` is published by the URLs of its files, `linked` by DataLink
     with cutouts. -->
<resource schema="images" resdir=".">
  <meta name="title">Images of nothing</meta>
  <meta name="creationDate">2026-01-01T00:00:00Z</meta>
  <meta name="description">Computed images.</meta>
  <meta name="creator.name">esofs</meta>
  <meta name="subject">surveys</meta>

  <table id="plain" onDisk="True" mixin="//siap#pgs" adql="True">
    <mixin calibLevel="2" collectionName="'plain'" targetName="object">//obscore#publishSIAP</mixin>
    <column name="object" type="text" description="Target"/>
  </table>

  <table id="linked" onDisk="True" mixin="//siap#pgs" adql="True">
    <mixin calibLevel="2" collectionName="'linked'" targetName="object">//obscore#publishSIAP</mixin>
    <column name="object" type="text" description="Target"/>
  </table>

  <STREAM id="rows">
    <rowmaker>
      <apply procDef="//siap#setMeta">
        <bind key="dateObs">@DATE_OBS</bind>
        <bind key="bandpassId">@FILTER</bind>
        <bind key="pixflags">"C"</bind>
        <bind key="title">"Image of {}".format(@OBJECT)</bind>
      </apply>
      <apply procDef="//siap#getBandFromFilter"/>
      <apply procDef="//siap#computePGS"/>
      <map dest="object">@OBJECT</map>
    </rowmaker>
  </STREAM>

  <data id="import_plain">
    <sources pattern="data/plain/*.fits"/>
    <fitsProdGrammar>
      <rowfilter procDef="//products#define">
        <bind key="table">"\schema.plain"</bind>
      </rowfilter>
    </fitsProdGrammar>
    <make table="plain"><FEED source="rows"/></make>
  </data>

  <data id="import_linked">
    <sources pattern="data/linked/*.fits"/>
    <fitsProdGrammar>
      <rowfilter procDef="//products#define">
        <bind key="table">"\schema.linked"</bind>
        <bind key="path">\dlMetaURI{dl}</bind>
        <bind key="mime">'application/x-votable+xml;content=datalink'</bind>
        <bind key="fsize">10000</bind>
      </rowfilter>
    </fitsProdGrammar>
    <make table="linked"><FEED source="rows"/></make>
  </data>

  <service id="dl" allowed="dlget,dlmeta">
    <meta name="title">Cutouts of images</meta>
    <datalinkCore>
      <descriptorGenerator procDef="//soda#fits_genDesc" name="genFITSDesc">
        <bind key="accrefPrefix">"images/data/linked"</bind>
        <bind key="descClass">DLFITSProductDescriptor</bind>
      </descriptorGenerator>
      <FEED source="//soda#fits_standardDLFuncs"/>
    </datalinkCore>
  </service>
</resource>
